/** Many languages write `null` for what is not there. */
import { createServer } from 'node:http';
import { createStatefulProxy } from 'mcp-backchannel/proxy';
import { afterEach, describe, expect, it } from 'vitest';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../../support/raw-http.js';
import { CLI, Started } from '../../cli/support.js';
import { listen } from '../../proxy/support.js';
import { ScriptedBackend } from '../../proxy/scripted-backend.js';
import { LineClient, overStdio, SERVER } from './stdio-rig.js';

const started = new Started();
afterEach(async () => started.end());

function initializeWith(capabilities: string): string {
  const { params, ...message } = INITIALIZE_MESSAGE;
  const { clientInfo, protocolVersion } = params;
  const others = JSON.stringify({ clientInfo, protocolVersion }).slice(1, -1);
  return `${JSON.stringify(message).slice(0, -1)},"params":{${others},"capabilities":${capabilities}}}`;
}

const CONTENT = [{ type: 'text', text: 'x' }];

describe('53 of a server:', () => {
  it.each<[string, string, object]>([
    [
      'the meta of a result',
      `{"jsonrpc":"2.0","id":$id,"result":{"_meta":null,"content":[]}}`,
      { result: { content: [] } },
    ],
    [
      'the error of a result',
      `{"jsonrpc":"2.0","id":$id,"error":null,"result":{"content":[]}}`,
      { result: { content: [] } },
    ],
    [
      'the result of an error',
      `{"jsonrpc":"2.0","id":$id,"result":null,"error":{"code":1,"message":"no","data":null}}`,
      { error: { code: 1, message: 'no', data: null } },
    ],
    ['the method of an answer', `{"jsonrpc":"2.0","id":$id,"method":null,"params":null,"result":{}}`, { result: {} }],
  ])('%s', async (_what, text, expected) => {
    const client = await overStdio(started);
    const id = client.call('say', { text: `${text}\n` });
    expect(await client.answerTo(id)).toEqual({ jsonrpc: '2.0', id, ...expected });
  });

  it.each<[string, string, object]>([
    ['the params of a notification', `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":null}`, {}],
    [
      'the id of a notification',
      `{"jsonrpc":"2.0","id":null,"method":"notifications/message","params":{"level":"info","data":null}}`,
      { params: { level: 'info', data: null } },
    ],
    [
      'the meta of params',
      `{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":null,"a":1}}`,
      { params: { a: 1 } },
    ],
    ['the params of a question', `{"jsonrpc":"2.0","id":"q","method":"roots/list","params":null}`, { id: 'q' }],
    [
      'the result and error of a question',
      `{"jsonrpc":"2.0","id":"q","method":"roots/list","result":null,"error":null}`,
      { id: 'q' },
    ],
    [
      'the token of a question',
      `{"jsonrpc":"2.0","id":"q","method":"roots/list","params":{"_meta":{"progressToken":null}}}`,
      { id: 'q', params: { _meta: {} } },
    ],
  ])('%s', async (_what, text, expected) => {
    const client = await overStdio(started);
    client.call('say', { text: `${text}\n` });
    const { method } = JSON.parse(text) as { method: string };
    const got = await client.got((message) => message.method === method);
    expect(got).toEqual({ jsonrpc: '2.0', method, ...expected });
  });
});

const REQUESTS: [string, object, object | undefined][] = [
  ['params', { params: null }, undefined],
  ['the meta of params', { params: { _meta: null, a: 1 } }, { a: 1 }],
  ['the progress token', { params: { _meta: { progressToken: null, b: 2 } } }, { _meta: { b: 2 } }],
  ['the related task', { params: { _meta: { 'io.modelcontextprotocol/related-task': null } } }, { _meta: {} }],
];

/** Answers with the params that it was sent. */
const MIRRORING = SERVER.map((arg) =>
  arg.replace('    answer(id, text);', '    answer(id, JSON.stringify({ got: params }));'),
);

describe('53 of a client, in a request:', () => {
  it.each(REQUESTS)('%s, over --stdio', async (_what, request, params) => {
    const client = await overStdio(started, MIRRORING);
    client.send({ jsonrpc: '2.0', id: 1, method: 'x', ...request });
    const text = JSON.stringify({ got: params });
    expect(await client.answerTo(1)).toMatchObject({ result: { content: [{ text }] } });
    // No id, and no request: a notification.
    client.send({ jsonrpc: '2.0', id: null, method: 'notifications/x', params: null });
    await client.line(/heard \{"jsonrpc":"2.0","method":"notifications\/x"\}/);
  });

  it.each(REQUESTS)('%s, over HTTP', async (_what, request, params) => {
    const { url, command } = await started.endpoint([...MIRRORING]);
    const client = await started.client(url);
    const answer = client.next(({ message }) => message.id === 9);
    const { status, text } = await client.post({ jsonrpc: '2.0', id: 9, method: 'x', ...request });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect((await answer).message).toMatchObject({
      result: { content: [{ text: JSON.stringify({ got: params }) }] },
    });
    expect((await client.post({ jsonrpc: '2.0', id: null, method: 'notifications/x', params: null })).status).toBe(202);
    await command.line(/heard \{"jsonrpc":"2.0","method":"notifications\/x"\}/);
  });
});

it('53 of a client, in its initialize request and in its answers', async () => {
  const { url, command } = await started.endpoint([...SERVER]);
  const { params } = INITIALIZE_MESSAGE;
  const nulls = { title: null, icons: null, websiteUrl: null };
  const capabilities = { roots: null, sampling: null, elicitation: { form: null, url: null }, tasks: null };
  const body = JSON.stringify({
    ...INITIALIZE_MESSAGE,
    params: { ...params, _meta: null, capabilities, clientInfo: { ...params.clientInfo, ...nulls } },
  });
  const opened = await fetch(url, { method: 'POST', headers: JSON_HEADERS, body });
  expect(opened.status).toBe(200);
  expect(await opened.text()).toContain('"serverInfo"');
  const session = { ...JSON_HEADERS, 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
  const post = async (message: object): Promise<number> =>
    (await fetch(url, { method: 'POST', headers: session, body: JSON.stringify(message) })).status;
  expect(await post({ jsonrpc: '2.0', method: 'notifications/initialized', params: null })).toBe(202);
  const text = '{"jsonrpc":"2.0","id":"q","method":"roots/list"}\n';
  const asking = post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'say', arguments: { text } } });
  expect(await asking).toBe(200);
  expect(await post({ jsonrpc: '2.0', id: 'q', error: null, result: { _meta: null, content: CONTENT } })).toBe(202);
  await command.line(/heard \{.*"id":"q".*"content"/);
});

it.each([
  ['arrays within arrays in the place of a message', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 400],
  ['the capabilities', initializeWith(`{"a":${'{"a":'.repeat(20_000)}null${'}'.repeat(20_000)}}`), 200],
  ['the capabilities, in arrays', initializeWith(`{"a":${'['.repeat(20_000)}null${']'.repeat(20_000)}}`), 200],
])('53 nesting 20,000 levels deep does not exhaust the stack: %s', async (_where, body, status) => {
  const backend = new ScriptedBackend();
  const proxy = createStatefulProxy({ upstream: backend.upstream });
  started.add(proxy);
  const http = createServer(proxy.listener);
  started.add({ close: async () => new Promise((resolve) => http.close(resolve).closeAllConnections()) });
  const request = { method: 'POST', headers: JSON_HEADERS, body };
  expect((await fetch(await listen(http), request)).status).toBe(status);
  expect((await proxy.fetch(new Request('http://127.0.0.1/mcp', request))).status).toBe(status);
});

it('53 of a client over --stdio, in its answers: what has no result is an error for whoever asks', async () => {
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', ...SERVER]));
  await client.initialize();
  client.send({ jsonrpc: '2.0', id: 'q', error: null, result: { _meta: null } });
  await client.line(/heard \{"jsonrpc":"2.0","id":"q","result":\{\}\}/);
  client.send({ jsonrpc: '2.0', id: 'r', result: null });
  await client.line(/heard \{.*"id":"r".*"error"/);
});

it('53 of a client over web-standard requests: in initialize, requests, notifications and answers', async () => {
  const backend = new ScriptedBackend();
  const proxy = createStatefulProxy({ upstream: backend.upstream, maxBodyBytes: 2_000 });
  started.add(proxy);
  const headers: Record<string, string> = { ...JSON_HEADERS };
  const post = async (message: object): Promise<Response> =>
    proxy.fetch(
      new Request('http://127.0.0.1/mcp', {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      }),
    );
  const { params } = INITIALIZE_MESSAGE;
  const capabilities = { roots: null, elicitation: { form: null } };
  const opened = await post({ ...INITIALIZE_MESSAGE, params: { ...params, _meta: null, capabilities } });
  expect(opened.status).toBe(200);
  expect(await opened.text()).toContain('"serverInfo"');
  headers['mcp-session-id'] = opened.headers.get('mcp-session-id') ?? '';
  expect((await post({ id: null, method: 'notifications/initialized', params: null })).status).toBe(202);
  for (const [id, request, expected] of REQUESTS) {
    const asked = await post({ id, method: 'x', ...request });
    expect(asked.status).toBe(200);
    expect((await backend.session().got({ id })).params).toEqual(expected);
    await backend.session().send({ id, result: {} });
    await asked.text();
  }
  const call = await post({ id: 'call', method: 'tools/call', params: { name: 'x' } });
  await backend.session().got({ id: 'call' });
  await backend.session().send({ id: 'q', method: 'roots/list' });
  expect((await post({ id: 'q', error: null, result: { _meta: null, roots: [] } })).status).toBe(202);
  expect(await backend.session().got({ id: 'q' })).toEqual({ jsonrpc: '2.0', id: 'q', result: { roots: [] } });
  await backend.session().send({ id: 'call', result: {} });
  await call.text();
  // 51: a limit names the option that sets it.
  const refused = await post({ method: 'notifications/x', params: { text: 'x'.repeat(3_000) } });
  expect(refused.status).toBe(413);
  expect(await refused.text()).toMatch(/2000 bytes.*maxBodyBytes/);
});
