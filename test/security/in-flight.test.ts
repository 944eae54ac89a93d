/** How much of a backend one session can take. */
import { expect, it } from 'vitest';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';

const open = proxies();

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
