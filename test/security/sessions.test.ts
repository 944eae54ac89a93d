/** Who a session belongs to, and whom its questions reach. */
import { describe, expect, it } from 'vitest';
import { INITIALIZE, send, sessionOf } from '../proxy/raw-http.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { MemoryEventStore } from '../support/event-store.js';
import { STORES } from './stores.js';

describe.each(STORES)('$store', ({ options }) => {
  const open = proxies(options);

  it('a client cannot choose the id of its session', async () => {
    const stage = await open('in-memory');
    for (const chosen of ['chosen-by-somebody', '__proto__', '']) {
      const got = await send(stage.url, { body: INITIALIZE, headers: { 'mcp-session-id': chosen } });
      expect(got.status).toBe(404);
      expect(got.headers).not.toHaveProperty('mcp-session-id');
    }
    expect(stage.proxy.snapshot().sessions).toBe(0);
    const ids = [await sessionOf(stage), await sessionOf(stage)];
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(ids).size).toBe(2);
  });

  it('a session that has ended cannot be entered again', async () => {
    const stage = await open('in-memory');
    const id = await sessionOf(stage);
    const headers = { 'mcp-session-id': id };
    expect((await send(stage.url, { method: 'DELETE', headers })).status).toBe(200);
    for (const method of ['POST', 'GET', 'DELETE']) {
      const got = await send(stage.url, { method, headers, ...(method === 'POST' && { body: INITIALIZE }) });
      expect(got.status).toBe(404);
    }
  });

  it('a question reaches the session that caused it, and only that one can answer it', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const [ann, bob] = [await stage.connect('ann', { answers: {} }), await stage.connect('bob', { answers: {} })];
    const [hers, his] = [backend.session(0), backend.session(1)];
    // He has every stream open that there is, and a call with the same id.
    await bob.openGet();
    const calls = [ann, bob].map((client) => client.start('tools/call', { name: 'x' }, 7));
    await Promise.all([hers.got({ id: 7 }), his.got({ id: 7 })]);

    const question = ann.next(({ message }) => message.id === 'q', 0);
    await hers.send({ id: 'q', method: 'elicitation/create', params: { message: 'your password?' } });
    expect((await question).stream).toBe('POST 7');
    await bob.reply('q', { action: 'accept', content: { by: 'bob' } });
    await ann.reply('q', { action: 'accept', content: { by: 'ann' } });
    await hers.got({ id: 'q' });
    await Promise.all([hers.send({ id: 7, result: {} }), his.send({ id: 7, result: {} })]);
    await Promise.all(calls.map(async ({ response }) => response));

    const answers = hers.received.filter(({ id }) => id === 'q').map(({ result }) => result as unknown);
    expect(answers).toEqual([{ action: 'accept', content: { by: 'ann' } }]);
    expect(bob.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
  });
});

describe('where each session has an event store of its own', () => {
  const open = proxies({ eventStore: () => new MemoryEventStore() });

  it('the id of an event of another session shows nothing of that session', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const [ann, bob] = [await stage.connect('ann'), await stage.connect('bob')];
    const both = [ann, bob].map((client, at) => ({ client, session: backend.session(at) }));
    for (const [at, { client, session }] of both.entries()) {
      const primed = client.next(({ stream, eventId }) => stream === 'POST 7' && eventId !== undefined);
      const news = client.next(({ message }) => message.method === 'notifications/message');
      client.start('tools/call', { name: 'x' }, 7);
      await session.got({ id: 7 });
      await session.send({ method: 'notifications/message', params: { level: 'info', data: at } });
      // The stores count their events alike.
      expect([(await primed).eventId, (await news).eventId]).toEqual(['event-3', 'event-4']);
    }
    const seen = bob.arrivals.length;
    const again = bob.next(({ message }) => message.method === 'notifications/message');
    expect((await bob.openGet('event-3')).status).toBe(200);
    expect((await again).message.params).toMatchObject({ data: 1 });
    // One that only she can have.
    await both[0]?.session.send({ method: 'notifications/message', params: { level: 'info', data: 'hers' } });
    await ann.next(({ eventId }) => eventId === 'event-5', 0);
    expect((await bob.openGet('event-5')).status).not.toBe(200);
    expect(bob.arrivals.slice(seen).map(({ message }) => message.params as unknown)).toEqual([
      { level: 'info', data: 1 },
    ]);
  });
});
