/** What `events$` tells when a client cancels calls, and when it does so twice, too late, or under another name. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { expect, it } from 'vitest';
import { ScriptedBackend } from './scripted-backend.js';
import { proxies } from './support.js';

const open = proxies();

async function stage() {
  const backend = new ScriptedBackend();
  const opened = await open(backend.upstream);
  const client = await opened.connect();
  const session = backend.session();
  const events: ProxyEvent[] = [];
  opened.proxy.events$.subscribe((event) => events.push(event));
  return {
    events,
    session,
    call: async (method: string) => {
      void client.start(method, { name: 'deploy' }, 7);
      await session.got({ method });
    },
    /** Resolves when the backend knows. */
    cancel: async (requestId: string | number, reason: string) => {
      await client.notify('notifications/cancelled', { requestId, reason });
      const arrived = (): boolean =>
        session.received.some(({ params }) => (params as { reason?: string } | undefined)?.reason === reason);
      await expect.poll(arrived).toBe(true);
    },
    kinds: () => events.map(({ kind }) => kind),
  };
}

it('a call that is cancelled twice is told once', async () => {
  const { call, cancel, kinds, events, session } = await stage();
  await call('tools/call');
  await cancel(7, 'first');
  await cancel(7, 'second');
  await session.send({ id: 7, result: {} });
  await expect.poll(kinds).toEqual(['call', 'call-cancelled', 'call-ended']);
  expect(events[1]).toMatchObject({ id: 7, reason: 'first' });
});

it('a call that has the id of a cancelled one can be cancelled, too', async () => {
  const { call, cancel, kinds, events } = await stage();
  await call('tools/call');
  await cancel(7, 'first');
  await call('prompts/get');
  await cancel(7, 'second');
  expect(kinds()).toEqual(['call', 'call-cancelled', 'call', 'call-cancelled']);
  expect(events[3]).toMatchObject({ id: 7, method: 'prompts/get', reason: 'second' });
});

it('nothing is told of a call that is over, of one that never was, and of an id that is spelled otherwise', async () => {
  const { call, cancel, kinds, session } = await stage();
  await call('tools/call');
  await session.send({ id: 7, result: {} });
  await expect.poll(kinds).toContain('call-ended');
  await cancel(7, 'too late');
  await cancel('nobody', 'unknown');
  await call('prompts/get');
  await cancel('7', 'another id');
  expect(kinds()).toEqual(['call', 'call-ended', 'call']);
});
