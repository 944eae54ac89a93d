import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BALANCERS, type BalancerName } from '../../examples/cluster/balancer.js';
import { isInstalled } from '../../examples/cluster/processes.js';
import { HAS_REDIS, redisNote } from '../cluster/redis.js';

async function demo(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/cluster/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: ((await closed) as unknown[])[0], output: out + err };
}

/** One of those that are installed. A fresh machine runs the demo behind each, as a command. */
const BALANCER: BalancerName = BALANCERS.find((name) => name !== 'own' && isInstalled(name)) ?? 'own';

describe.runIf(HAS_REDIS)(`the demo of a cluster${redisNote}`, () => {
  it(`shows what the client sees behind the balancer ${BALANCER}`, async () => {
    const { code, output } = await demo([BALANCER], {});
    const rows = output.split('\n').flatMap((line) => /^(\S.*?)\s+\d+ ms {2}(ok|no) {2}/.exec(line) ?? []);
    expect(
      rows.filter((word) => word === 'ok'),
      output,
    ).toHaveLength(10);
    expect(output).toContain('20 of 20 answered');
    expect(output).toContain('an error on the stream of the call: -32000');
    expect(output).toContain('goes on in the same session of the server');
    expect(output.trimEnd().split('\n').at(-1)).toBe('The client saw what it should.');
    expect(code).toBe(0);
  }, 60_000);
});

it('says what is missing where there is no Redis', async () => {
  const { code, output } = await demo([], { PATH: '' });
  expect(output).toBe('The demo needs redis-server, which is not installed: apt-get install redis-server\n');
  expect(code).toBe(1);
});
