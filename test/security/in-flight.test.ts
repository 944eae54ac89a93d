/** How much of a backend one session can take. */
import { describe, expect, it } from 'vitest';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { STORES } from './stores.js';

describe.each(STORES)('$store', ({ options }) => {
  const open = proxies(options);

  it('one request more than may be in flight is answered with an error, and the backend does not hear of it', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { maxInFlight: 2 });
    const [client, other] = [await stage.connect(), await stage.connect()];
    const session = backend.session();
    const called = (): unknown[] =>
      session.received.filter(({ method }) => method === 'tools/call').map(({ params }) => (params as { n: number }).n);
    const start = async (n: number, id: number): Promise<void> => {
      client.start('tools/call', { n }, id);
      await expect.poll(called).toContain(n);
    };
    const isRefused = async (n: number): Promise<void> => {
      expect((await client.request('tools/call', { n })).error?.message).toMatch(/^Too many requests: 2 /);
    };

    // An id that is used twice counts twice.
    await start(1, 100);
    await start(2, 100);
    await isRefused(3);
    await session.send({ id: 100, result: {} });
    await start(4, 101);
    await isRefused(5);
    await client.notify('notifications/cancelled', { requestId: 101 });
    await session.got({ method: 'notifications/cancelled' });
    // The backend may still work on what was taken back.
    await isRefused(5);
    await session.send({ id: 101, error: { code: 0, message: 'cancelled' } });
    await start(6, 102);
    await isRefused(7);
    await session.send({ id: 100, result: {} });
    await start(8, 103);
    await isRefused(9);
    expect(called()).toEqual([1, 2, 4, 6, 8]);

    // Another session has a bound of its own.
    other.start('tools/call', { n: 10 });
    await backend.session(1).got({ method: 'tools/call' });
  });

  it('an id of more characters than can be kept is answered with an error, and the backend does not hear of it', async () => {
    const backend = new ScriptedBackend();
    const client = await (await open(backend.upstream)).connect();
    const answerTo = async (id: string): Promise<unknown> => (await client.start('tools/call', {}, id).response).error;
    expect(await answerTo('x'.repeat(1_001))).toMatchObject({
      message: 'An id must not be longer than 1000 characters',
    });
    client.start('tools/call', {}, 'x'.repeat(1_000));
    expect((await backend.session().got({ method: 'tools/call' })).id).toHaveLength(1_000);
  });

  it('one question more than the client may have open is answered with an error, and it does not hear of it', async () => {
    const backend = new ScriptedBackend();
    const client = await (await open(backend.upstream, { maxInFlight: 2 })).connect('ann', { answers: {} });
    const session = backend.session();
    const call = client.start('tools/call', {});
    await session.got({ method: 'tools/call' });
    const ask = async (id: string): Promise<void> => session.send({ id, method: 'elicitation/create' });
    const asked = (): unknown[] =>
      client.arrivals.filter(({ message }) => message.method === 'elicitation/create').map(({ message: { id } }) => id);
    const isRefused = async (id: string): Promise<void> => {
      await ask(id);
      expect((await session.got({ id })).error?.message).toMatch(/^Too many requests: 2 /);
    };

    await ask('a');
    await ask('b');
    await isRefused('c');
    await client.post({ jsonrpc: '2.0', id: 'a', result: {} });
    await session.got({ id: 'a' });
    await ask('d');
    await isRefused('e');
    await session.send({ method: 'notifications/cancelled', params: { requestId: 'b' } });
    await ask('f');
    await isRefused('g');
    await expect.poll(asked).toEqual(['a', 'b', 'd', 'f']);
    await session.send({ id: call.id, result: {} });
    await call.response;
  });
});
