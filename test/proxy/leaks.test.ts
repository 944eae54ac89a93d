/** Sessions that are over leave nothing behind. */
import { once } from 'node:events';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, it } from 'vitest';
import { OURS } from '../support/nothing-left.js';
import { watchTimers } from '../support/watch-timers.js';
import { startCall, textOf } from '../support/stage.js';
import { BACKEND_COMMAND } from '../support/upstreams.js';
import { ScriptedBackend } from './scripted-backend.js';
import { proxies, type ProxyStage } from './support.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const open = proxies();

const AT_ONCE = 20;

/** Some have streams open and are asked; every other one ends properly, and the others are ended with the proxy. */
async function liveOneLife(stage: ProxyStage, at: number): Promise<void> {
  const client = await stage.connect('ann');
  if (at % 3 === 0) {
    expect((await client.openGet()).status).toBe(200);
    expect(await textOf(await startCall(client, 'ask'))).toBe('ask: accept ann');
  }
  if (at % 2 === 0) await client.delete();
}

it.each([
  { kind: 'in-memory', sessions: 200 },
  { kind: 'streamable-http', sessions: 40 },
] as const)('leaves nothing of $sessions sessions with a backend over $kind', async ({ kind, sessions }) => {
  const stage = await open(kind);
  await liveOneLife(stage, 0);
  const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const timers = watchTimers(OURS);
  try {
    for (let done = 0; done < sessions; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, at) => liveOneLife(stage, at)));
    }
    expect(stage.proxy.snapshot().sessions).toBe(sessions / 2);
    expect(timers.alive.size).toBeGreaterThanOrEqual(sessions / 2);
    await stage.proxy.close();
    // Timers tell that they are gone in the next turn, and the one that starts streams lives for a moment.
    await expect.poll(() => [...timers.alive.values()]).toEqual([]);
  } finally {
    timers.stop();
  }
  expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
  expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);
  expect(stage.errors).toEqual([]);
  // Connections that a session has kept busy would not close: only idle ones do.
  const closed = new Promise((resolve) => stage.http.close(resolve));
  stage.http.closeIdleConnections();
  await closed;
});

it('leaves no process of a backend over stdio', async () => {
  const backends: StdioClientTransport[] = [];
  const pids: (number | null)[] = [];
  const stage = await open(() => {
    const transport = new StdioClientTransport(BACKEND_COMMAND);
    backends.push(transport);
    return transport;
  });
  const [one] = await Promise.all([stage.connect(), stage.connect(), stage.connect()]);
  pids.push(...backends.map(({ pid }) => pid));
  await one.delete();
  await stage.proxy.close();
  expect(pids).toHaveLength(3);
  for (const pid of pids) expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
});

it('tell their event store when they are over', async () => {
  const backend = new ScriptedBackend();
  const lives: AbortSignal[] = [];
  const eventStore = ({ signal }: { signal: AbortSignal }): undefined => void lives.push(signal);
  const stage = await open(backend.upstream, { eventStore });
  const client = await stage.connect();
  expect(lives.map(({ aborted }) => aborted)).toEqual([false]);
  const over = once(lives[0] as unknown as EventTarget, 'abort');
  await client.delete();
  await over;
});
