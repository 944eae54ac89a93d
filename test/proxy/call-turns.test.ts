/** One call at a time per session. */
import { expect, it } from 'vitest';
import { startCall } from '../support/stage.js';
import { proxies } from './support.js';
import { ScriptedBackend } from './scripted-backend.js';

const open = proxies();
const callsOf = (backend: ScriptedBackend): unknown[] =>
  backend
    .session()
    .received.filter(({ method }) => method === 'tools/call')
    .map(({ id }) => id);

it('forwards calls one by one, in the order in which they came', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect();
  const calls = [await startCall(client, 'a'), await startCall(client, 'b'), await startCall(client, 'c')];
  for (const [at, { id, response }] of calls.entries()) {
    expect(callsOf(backend)).toEqual(calls.slice(0, at + 1).map((call) => call.id));
    await backend.session().send({ id, result: { content: [] } });
    await response;
  }
});

it('puts what the backend says on the stream of the call that it has, though newer ones wait', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream, { serialize: true, backchannel: { attribution: 'last-inbound' } });
  const client = await stage.connect();
  const first = await startCall(client, 'a');
  await startCall(client, 'b');
  await backend.session().send({ method: 'notifications/message', params: { level: 'info', data: 1 } });
  expect((await client.next(({ message }) => message.method !== undefined, 0)).stream).toBe(`POST ${String(first.id)}`);
  expect(stage.routes.map(({ evidence }) => evidence)).toEqual(['context']);
});

it('leaves session-wide news and known progress tokens where they belong', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect();
  await client.openGet();
  await startCall(client, 'a');
  await backend.session().send({ method: 'notifications/tools/list_changed' });
  expect((await client.next(({ message }) => message.method !== undefined, 0)).stream).toBe('GET');
});

it('forgets a waiting call that the client takes back, and goes on after one that the backend has', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect();
  const [first, second, third] = [
    await startCall(client, 'a'),
    await startCall(client, 'b'),
    await startCall(client, 'c'),
  ];
  await client.notify('notifications/cancelled', { requestId: second.id });
  await client.notify('notifications/cancelled', { requestId: first.id });
  await backend.session().got({ method: 'notifications/cancelled' });
  expect(callsOf(backend)).toEqual([first.id]);
  await backend.session().send({ id: first.id, error: { code: 0, message: 'cancelled' } });
  await backend.session().got({ id: third.id });
  await backend.session().send({ id: third.id, result: { content: [] } });
  await third.response;

  expect(callsOf(backend)).toEqual([first.id, third.id]);
  const cancelled = backend.session().received.filter(({ method }) => method === 'notifications/cancelled');
  expect(cancelled.map(({ params }) => (params as { requestId: unknown }).requestId)).toEqual([first.id]);
  await (
    await second.exchange
  ).ended;
  expect(client.arrivals.filter(({ message }) => message.id === second.id)).toEqual([]);
});

it('keeps the turn of a call that the backend has, when another with its id is taken back with it', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect();
  for (const id of ['twice', 'twice', 'next']) await client.start('tools/call', { name: 'any' }, id).exchange;
  await client.notify('notifications/cancelled', { requestId: 'twice' });
  const session = backend.session();
  expect((await session.got({ method: 'notifications/cancelled' })).params).toEqual({ requestId: 'twice' });
  expect(callsOf(backend)).toEqual(['twice']);
  await session.send({ id: 'twice', error: { code: 0, message: 'cancelled' } });
  await session.got({ id: 'next' });
  expect(callsOf(backend)).toEqual(['twice', 'next']);
});

it('puts nothing that the backend says on behalf of a call that was taken back on the stream of the next', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect('ann');
  const [first, second] = [await startCall(client, 'a'), await startCall(client, 'b')];
  await client.notify('notifications/cancelled', { requestId: first.id });
  const session = backend.session();
  await session.got({ method: 'notifications/cancelled' });
  await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'well?' } });
  expect(await session.got({ id: 'q' })).toMatchObject({ error: {} });
  expect(client.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
  await session.send({ id: first.id, error: { code: 0, message: 'cancelled' } });
  await session.got({ id: second.id });
});

it('lets pings and task requests pass while a call is with the backend', async () => {
  const backend = new ScriptedBackend();
  const client = await (await open(backend.upstream, { serialize: true })).connect();
  await startCall(client, 'slow');
  client.start('ping');
  client.start('tasks/cancel', { taskId: 't' });
  await backend.session().got({ method: 'ping' });
  await backend.session().got({ method: 'tasks/cancel' });
});
