/** The network drops, and the client never comes back: the server notices it in about a minute, and not in a quarter of an hour. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SERVER = fileURLToPath(new URL('../../http/vanishing-server.ts', import.meta.url));
const IN_ITS_OWN_NETWORK = ['-rn', process.execPath, '--import', 'tsx', SERVER];

/** A network is taken away from a process. Not every system lets its users do that. */
const canTakeNetworks = spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const where = canTakeNetworks ? '' : ' (not tried: this system does not permit a network of our own)';

async function lines(host: string, what: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('unshare', [...IN_ITS_OWN_NETWORK, host, what]);
  return stdout.trim().split('\n');
}

describe.runIf(canTakeNetworks)(`46: a client whose network is gone${where}`, () => {
  it.concurrent.each(['127.0.0.1', '::', '::1'])(
    'is noticed in about a minute: the server listens on %s',
    async (host) => {
      const [first, last] = await lines(host, 'vanishes');
      expect(first).toBe('open');
      const seconds = Number(/^closed after (\d+) s$/.exec(last ?? '')?.[1]);
      expect(seconds).toBeGreaterThan(40);
      expect(seconds).toBeLessThan(110);
    },
  );

  it.concurrent('is noticed though it waits for an answer in JSON, and nothing is written to it', async () => {
    const [first, last] = await lines('127.0.0.1', 'vanishes and waits for JSON');
    expect(first).toBe('open');
    expect(last).toMatch(/^closed after \d+ s$/);
  });

  it.concurrent.each(['is quiet', 'does not read', 'waits for JSON'])(
    'is not mistaken for one that %s',
    async (what) => {
      expect(await lines('127.0.0.1', what)).toEqual(['open', 'still open']);
    },
  );
});
