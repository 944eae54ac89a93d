/** What a backend says is passed on whole, or somebody is told why it is not. */
import { afterEach, expect, it } from 'vitest';
import { ChildTransport } from '../../src/backends/stdio/child-transport.js';
import { Children } from '../../src/backends/stdio/process-groups.js';
import { MAX_MESSAGE, tellMessages } from '../../src/backends/messages.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { closers } from '../proxy/support.js';
import { CALL, event, inEvents, peer, RESULT } from './http/http-peer.js';

const closing = closers();
const children = new Children();
afterEach(() => {
  children.kill();
});

interface Told {
  readonly messages: unknown[];
  readonly refused: unknown[];
  readonly errors: string[];
}

function told(said: unknown): Told {
  const all: Told = { messages: [], refused: [], errors: [] };
  tellMessages(typeof said === 'string' ? said : JSON.stringify(said), {
    maxMessage: MAX_MESSAGE,
    message: (message) => all.messages.push(message),
    refuse: (answer) => all.refused.push(answer),
    error: (error) => {
      // By its kind, the proxy knows that whoever sent it is there.
      expect(error).toBeInstanceOf(SyntaxError);
      all.errors.push(error.message);
    },
  });
  return all;
}

const V = { jsonrpc: '2.0' };

it.each<[string, object]>([
  ['a question with a member that nobody knows', { ...V, id: 'q', method: 'roots/list', trace: 'x' }],
  ['a question with an id that is empty', { ...V, id: '', method: 'x', params: {} }],
  ['a notification with a member that nobody knows', { ...V, method: 'notifications/x', params: { a: 1 }, trace: 'x' }],
  ['a result with what nobody knows', { ...V, id: 0, result: { a: [1], _meta: { b: 2 } } }],
  ['an error with data', { ...V, id: '1', error: { code: -1, message: '', data: { a: 1 }, more: 1 } }],
  ['an error that answers what could not be read', { ...V, error: { code: -32700, message: 'x' } }],
])('passes on whole: %s', (_what, message) => {
  expect(told(message)).toEqual({ messages: [message], refused: [], errors: [] });
});

it.each<[string, object]>([
  ['a member that nobody knows', { extra: 1 }],
  ['an empty method', { method: null }],
])('passes on an answer, without what the transport to the client would not know it by: %s', (_what, more) => {
  const result = { ...V, id: 1, result: {} };
  const error = { ...V, id: 1, error: { code: -1, message: 'e' } };
  expect(
    told([
      { ...result, ...more },
      { ...error, ...more },
    ]).messages,
  ).toEqual([result, error]);
  expect(
    told([
      { ...result, error: null },
      { ...error, result: null },
    ]).messages,
  ).toEqual([result, error]);
});

it.each<[string, object]>([
  ['no result', { id: 1 }],
  ['a result that is nothing', { id: 1, result: null }],
  ['a result that is a list', { id: 1, result: [] }],
  ['a result whose meta is none', { id: 1, result: { _meta: 1 } }],
  ['a result and an error', { id: 1, result: {}, error: { code: 1, message: 'e' } }],
  ['an error without a code', { id: 1, error: { message: 'e' } }],
  ['an error without a text', { id: 1, error: { code: 1 } }],
  ['no version', { id: 1, result: {}, jsonrpc: undefined }],
])('puts an error in the place of an answer that has %s', (_what, answer) => {
  expect(told({ ...V, ...answer })).toMatchObject({
    messages: [{ id: 1, error: { message: 'The backend sent no valid answer to this request' } }],
    refused: [],
    errors: ['the backend sent an answer that is not valid'],
  });
});

it.each<[string, unknown]>([
  ['no object', 3],
  ['nothing', null],
  ['an answer without an id', { ...V, result: {} }],
  ['an error with an id of nothing', { ...V, id: null, error: { code: 1, message: 'e' } }],
])('reports what answers nobody: %s', (_what, message) => {
  expect(told(message)).toEqual({
    messages: [],
    refused: [],
    errors: ['the backend sent an answer that is not valid'],
  });
});

it.each<[string, object, string]>([
  ['a method that is no text', { id: 'q', method: 3 }, 'method is no text, or id is neither a text nor a whole number'],
  ['params that are a list', { id: 'q', method: 'x', params: [] }, 'params is no object'],
  ['no version', { id: 'q', method: 'x', jsonrpc: 2 }, 'jsonrpc is not "2.0"'],
])('refuses a question with %s', (_what, question, fault) => {
  expect(told({ ...V, ...question })).toEqual({
    messages: [],
    refused: [{ ...V, id: 'q', error: { code: -32600, message: `Invalid request: ${fault}` } }],
    errors: [`the backend sent a request that is not valid: ${fault}`],
  });
});

it('refuses no question that has no id to answer to', () => {
  expect(told({ ...V, id: null, method: 'x' })).toMatchObject({
    messages: [],
    refused: [],
    errors: [expect.any(String)],
  });
});

it.each(['{"secret', 'secret', ''])('shows nothing of what is no JSON: %j', (text) => {
  expect(told(text).errors).toEqual([`the backend sent ${text.length} characters that are no JSON`]);
});

it('tells a server over HTTP that its question is refused, and goes on', async () => {
  const question = { id: 'q', method: 'x', params: 3 };
  const { transport, bodies, messages } = await peer(closing, (response, { headers }) => {
    if (headers['content-length'] === String(JSON.stringify(CALL).length))
      inEvents(response).end(event(question) + event(RESULT));
    else response.writeHead(202).end();
  });
  await transport.send(CALL);
  await expect.poll(() => bodies[1]).toContain('"id":"q","error":{"code":-32600');
  expect(messages).toMatchObject([RESULT]);
});

it('tells a server over stdio that its question is refused, and goes on', async () => {
  const script = `
    process.stdin.on('data', (line) => console.log(JSON.stringify({ jsonrpc: '2.0', method: 'got ' + line })));
    console.log('{"jsonrpc":"2.0","id":"q","method":"x","params":3}');
  `;
  const spec = { command: process.execPath, args: ['-e', script], env: {}, cwd: undefined };
  const server = new ChildTransport({ ...spec, children });
  const repeated = new Promise<JsonRpcMessage>((resolve) => (server.onmessage = resolve));
  await server.start();
  expect((await repeated).method).toContain('"id":"q","error":{"code":-32600');
  await server.close();
});
