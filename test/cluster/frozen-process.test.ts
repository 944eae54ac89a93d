import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HAS_REDIS, redisNote, startRedis } from './redis.js';
import { SECRET } from './rig.js';
import { programArgs } from '../support/built-programs.js';

const LEASE_MS = 900;

describe.runIf(HAS_REDIS)(`a process that is stopped${redisNote}`, () => {
  it('begins anew each time that it was stopped for longer than its lease', async () => {
    const { url } = await startRedis();
    const program = new URL('fixtures/node-on-redis.ts', import.meta.url);
    const args = [...programArgs(program), url, SECRET, String(LEASE_MS)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const seen = new Set<unknown>([(await lines.next()).value]);
    for (let time = 1; time <= 5; time++) {
      // An incarnation that has not beaten yet cannot be taken for dead.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 2));
      child.kill('SIGSTOP');
      // As long as a lease and a bit: what is tested is that the time passes.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS + LEASE_MS / 2));
      child.kill('SIGCONT');
      seen.add((await lines.next()).value);
      expect(seen.size).toBe(time + 1);
    }
  });
});
