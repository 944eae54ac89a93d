/** Who a session belongs to, and whom its questions reach. */
import { expect, it } from 'vitest';
import { INITIALIZE, send, sessionOf } from '../proxy/raw-http.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';

const open = proxies();

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
