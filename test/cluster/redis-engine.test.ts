import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ENGINE_BOUND_MS, type Engine } from '../../src/cluster/engine.js';
import { RedisEngine, type RedisEngineOptions } from '../../src/cluster/redis-engine.js';
import { freePort } from '../../src/doctor/free-port.js';
import { HAS_OPENSSL, HAS_REDIS, MIN_REDIS_RIGHTS, redisNote, selfSigned, startRedis, tlsNote } from './redis.js';

const LEASE = { node: 'one', text: 'text' };
const LEASE_MS = 60_000;

/** For what a timer and a socket take on a busy machine. */
const SLACK_MS = 1_000;

function engineOf(options: RedisEngineOptions): RedisEngine {
  const engine = new RedisEngine(options);
  onTestFinished(() => engine.close());
  return engine;
}

/** @returns the error, and how long it took */
async function failureOf(work: Promise<unknown>): Promise<{ readonly error: Error; readonly ms: number }> {
  const began = performance.now();
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown as Error,
  );
  return { error, ms: performance.now() - began };
}

async function isUp(engine: Engine): Promise<boolean> {
  return engine.beat(LEASE, LEASE_MS).then(
    () => true,
    () => false,
  );
}

/** Makes each call, and lets a lease run out. */
async function useEverything(engine: Engine): Promise<void> {
  await engine.beat({ node: 'short', text: 'text' }, 1);
  const hasRunOut = async (): Promise<boolean> => (await engine.beat(LEASE, LEASE_MS)).leases.length === 1;
  while (!(await hasRunOut()));
  await engine.put('key', 'before', LEASE_MS);
  expect(await engine.replace('key', 'before', 'after', LEASE_MS)).toBe(true);
  expect(await engine.get('key')).toBe('after');
  await engine.delete('key');
  await engine.leave('one');
}

/** How long until the engine answers again. */
async function msUntilUp(engine: Engine): Promise<number> {
  const began = performance.now();
  await vi.waitUntil(() => isUp(engine), { timeout: 10_000, interval: 20 });
  return performance.now() - began;
}

it.each(['http://host', 'redis:', 'not a url', 'redis://u:sesame-open@host/x', 'redis://u:sesame-open@host?family=6'])(
  'refuses %s as a URL, and does not repeat it',
  (url) => {
    expect(() => new RedisEngine({ url })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new RedisEngine({ url })).not.toThrow(/sesame|not a url/);
  },
);

it('says where nobody listens, at once', async () => {
  const port = await freePort();
  const engine = engineOf({ url: `redis://127.0.0.1:${port}` });
  const { error, ms } = await failureOf(engine.beat(LEASE, LEASE_MS));
  expect(error).toMatchObject({ code: 'CLUSTER_ENGINE' });
  expect(error.message).toBe(`Redis at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`);
  expect(ms).toBeLessThan(SLACK_MS);
});

it('waits no longer than its bound for a server that says nothing, and leaves nothing', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const engine = engineOf({ url: `redis://127.0.0.1:${port}` });
  const { error, ms } = await failureOf(engine.beat(LEASE, LEASE_MS));
  expect(error.message).toContain('Command timed out');
  expect(ms).toBeLessThan(ENGINE_BOUND_MS + SLACK_MS);
  await engine.close();
  await vi.waitFor(() => expect(sockets.size).toBe(0));
});

it('is of no use after close()', async () => {
  const engine = engineOf({ url: 'redis://127.0.0.1:1' });
  await engine.close();
  await expect(engine.get('key')).rejects.toMatchObject({ code: 'CLOSED' });
});

describe.runIf(HAS_REDIS)(`on a real Redis${redisNote}`, () => {
  it('is back within about a second after Redis was killed and started again, which has lost its data', async () => {
    const redis = await startRedis();
    const engine = engineOf({ url: redis.url });
    const { since } = await engine.beat(LEASE, LEASE_MS);
    await redis.kill();
    const { error, ms } = await failureOf(engine.beat(LEASE, LEASE_MS));
    expect(error).toMatchObject({ code: 'CLUSTER_ENGINE' });
    expect(ms).toBeLessThan(SLACK_MS);
    await redis.restart();
    expect(await msUntilUp(engine)).toBeLessThan(1_000 + SLACK_MS);
    const after = await engine.beat(LEASE, LEASE_MS);
    expect(after.since).toBeGreaterThan(since);
    // It also has to learn the scripts again.
    await engine.put('key', 'before', LEASE_MS);
    expect(await engine.replace('key', 'before', 'after', LEASE_MS)).toBe(true);
  });

  it('rejects within its bound while Redis stands still, and is back when it goes on', async () => {
    const redis = await startRedis();
    const engine = engineOf({ url: redis.url });
    await engine.beat(LEASE, LEASE_MS);
    redis.freeze();
    for (let call = 0; call < 3; call++) {
      const { error, ms } = await failureOf(engine.beat(LEASE, LEASE_MS));
      expect(error).toMatchObject({ code: 'CLUSTER_ENGINE' });
      expect(ms).toBeLessThan(ENGINE_BOUND_MS + SLACK_MS);
    }
    redis.thaw();
    expect(await msUntilUp(engine)).toBeLessThan(1_000 + SLACK_MS);
  });

  it('keeps its data under the prefix, and none of it for ever', async () => {
    const redis = await startRedis();
    const engine = engineOf({ url: redis.url, prefix: 'blue' });
    await engine.beat(LEASE, LEASE_MS);
    await engine.put('key', 'text', LEASE_MS);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    onTestFinished(() => {
      client.disconnect();
    });
    const keys = (await client.keys('*')).sort();
    expect(keys).toEqual(['{blue}:leases', '{blue}:record:key', '{blue}:until']);
    for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0);
  });

  it('needs no more than the rights that are documented', async () => {
    const password = 'sesame:open/me@home';
    const user = `user node on >${password} ${MIN_REDIS_RIGHTS}`.split(' ');
    const redis = await startRedis('--user', ...user.slice(1), '--user', 'default', 'off');
    const url = `redis://node:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`;
    const engine = engineOf({ url });
    await useEverything(engine);
    const elsewhere = engineOf({ url, prefix: 'elsewhere' });
    await expect(elsewhere.put('key', 'text', LEASE_MS)).rejects.toThrow(/NOPERM/);
  });

  it.each(MIN_REDIS_RIGHTS.split(' ').filter((right) => right.startsWith('+')))('needs the right %s', async (right) => {
    const rights = MIN_REDIS_RIGHTS.split(' ').filter((other) => other !== right);
    const redis = await startRedis('--user', 'node', 'on', 'nopass', ...rights, '--user', 'default', 'off');
    const engine = engineOf({ url: `redis://node:any@127.0.0.1:${redis.port}` });
    await expect(useEverything(engine)).rejects.toThrow(/NOPERM|can't run this command/);
  });

  it('shows a wrong password nowhere', async () => {
    const redis = await startRedis('--requirepass', 'the right one');
    const wrong = 'sesame-open';
    const engine = engineOf({ url: `redis://:${wrong}@127.0.0.1:${redis.port}` });
    const { error } = await failureOf(engine.beat(LEASE, LEASE_MS));
    expect(error.message).toContain('WRONGPASS');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wrong);
  });
});

describe.runIf(HAS_REDIS && HAS_OPENSSL)(`on a Redis behind TLS${tlsNote}`, () => {
  it('trusts the authority it is given, and no other', async () => {
    const { cert, key } = selfSigned();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const redis = await startRedis('--tls-port', 'PORT', ...files);
    const url = `rediss://127.0.0.1:${redis.port}`;
    const trusting = engineOf({ url, tls: { ca: readFileSync(cert) } });
    await expect(trusting.beat(LEASE, LEASE_MS)).resolves.toMatchObject({ before: undefined });
    await expect(engineOf({ url }).beat(LEASE, LEASE_MS)).rejects.toThrow(/self-signed certificate/);
  });
});
