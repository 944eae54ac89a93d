/**
 * What a call leaves behind is gone with the next minor garbage collection. The time that a proxy takes depends on it more than
 * on most of its code, and nothing else shows when it is lost: nothing leaks, and each call works.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { open } from '../../benchmarks/client/caller.js';
import { programArgs } from '../support/built-programs.js';

const CALLS = 4_000;

/** Calls that are open during two collections outlive them, and the newest of a session are remembered for a while. */
const MAX_BYTES = { plain: 4_500, asking: 7_000 };

let child: ChildProcess;
afterEach(async () => {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
});

test.each([
  ['legacy', 'plain', 'unwatched'],
  ['legacy', 'asking', 'unwatched'],
  ['legacy', 'asking', 'watched'],
  ['modern', 'plain', 'unwatched'],
  ['modern', 'asking', 'unwatched'],
] as const)('of %s clients, %s calls, %s', async (era, tool, watched) => {
  const args = programArgs(new URL('../support/programs/sampled-proxy.ts', import.meta.url));
  child = fork(args.at(-1) ?? '', [watched], { execArgv: args.slice(0, -1) });
  const told = async (message?: string): Promise<number> => {
    const answered = once(child, 'message');
    if (message !== undefined) child.send(message);
    const [answer] = (await answered) as [number];
    return answer;
  };
  const port = await told();
  const callers = await Promise.all(
    Array.from({ length: 16 }, async () => open({ port, era, workload: tool, concurrency: 1, calls: 0 })),
  );
  const run = async (calls: number): Promise<void> => {
    let left = calls;
    const work = callers.map(async (caller) => {
      while (left-- > 0) await caller.call(tool);
    });
    await Promise.all(work);
  };
  await run(5_000);
  await told('start');
  await run(CALLS);
  const bytes = (await told('stop')) / CALLS;
  expect(bytes).toBeLessThan(MAX_BYTES[tool]);
});
