/** Sessions that are over leave nothing behind. */
import { createHook } from 'node:async_hooks';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, it } from 'vitest';
import { startCall, textOf } from '../support/stage.js';
import { BACKEND_COMMAND } from '../support/upstreams.js';
import { proxies, type ProxyStage } from './support.js';

const open = proxies();

const SESSIONS = 200;
const AT_ONCE = 20;
/** Node and its `fetch` keep a few timers of their own, however many sessions there are. */
const OF_THE_RUNTIME = 10;

/** Counts timers, running and not: an idle session's timer keeps no process alive, and would not be seen so. */
function countTimers(): { readonly alive: ReadonlySet<number>; stop(): void } {
  const alive = new Set<number>();
  const hook = createHook({
    init: (id, type) => type === 'Timeout' && alive.add(id),
    destroy: (id) => alive.delete(id),
  }).enable();
  return {
    alive,
    stop: () => {
      hook.disable();
    },
  };
}

async function liveOneLife(stage: ProxyStage): Promise<void> {
  const client = await stage.connect('ann');
  expect((await client.openGet()).status).toBe(200);
  expect(await textOf(await startCall(client, 'ask'))).toBe('ask: accept ann');
  // Some end properly, the others are ended with the proxy.
  if (Math.random() < 0.5) await client.delete();
}

it.each(['in-memory', 'streamable-http'] as const)(
  `leaves no session, timer, listener or connection of ${String(SESSIONS)} with a backend over %s`,
  async (kind) => {
    const stage = await open(kind);
    await liveOneLife(stage);
    const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const timers = countTimers();
    try {
      for (let done = 0; done < SESSIONS; done += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, async () => liveOneLife(stage)));
      }
      await stage.proxy.close();
      // Timers tell that they are gone in the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      expect(timers.alive.size).toBeLessThan(OF_THE_RUNTIME);
    } finally {
      timers.stop();
    }
    expect(stage.proxy.snapshot()).toEqual({ sessions: 0, inFlight: 0, parked: 0 });
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);
    stage.http.closeIdleConnections();
    const connections = new Promise((resolve) => stage.http.getConnections((_error, count) => resolve(count)));
    expect(await connections).toBe(0);
    expect(stage.errors).toEqual([]);
  },
);

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
