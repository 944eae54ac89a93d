/** A server over HTTP answers with what is no clean JSON: in the answer to the POST, in events, or on the standalone stream. */
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import { inEvents, peer, type Respond } from '../../backends/http/http-peer.js';
import { closers, listen, proxies } from '../../proxy/support.js';

const closing = closers();
const open = proxies();

const RESULT = '{"jsonrpc":"2.0","id":7,"result":{"content":[]}}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/x"}';

const inJson =
  (text: string): Respond =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
const inOneEvent =
  (text: string): Respond =>
  (response) =>
    inEvents(response).end(`data: ${text.replaceAll('\n', '\ndata: ')}\n\n`);
/** As many servers leave it. */
const inOpenStream =
  (text: string): Respond =>
  (response) =>
    inEvents(response).write(`data: ${text.replaceAll('\n', '\ndata: ')}\n\n`);

describe.each([
  ['in JSON', inJson],
  ['in events', inOneEvent],
  ['in a stream that stays open', inOpenStream],
] as const)('43 over HTTP, %s, what can be understood is:', (_way, answer) => {
  it.each<[string, string]>([
    ['two messages, one after the other', `${NOTE}${RESULT}`],
    ['two messages on lines of their own', `${NOTE}\n${RESULT}\n`],
    ['the answer first', `${RESULT} ${NOTE}`],
    ['50 a byte order mark', `\ufeff${RESULT}`],
    ['53 the meta of a result', RESULT.replace('{"content"', '{"_meta":null,"content"')],
  ])('%s', async (_what, text) => {
    const { call, messages } = await peer(closing, answer(text));
    await call();
    expect(messages.filter(({ id }) => id === 7)).toEqual([JSON.parse(RESULT)]);
  });
});

describe.each([
  ['in JSON', inJson],
  ['in events', inOneEvent],
] as const)('43 over HTTP, %s, an answer that is beyond that is an error that says so:', (_way, answer) => {
  it.each<[string, string, RegExp]>([
    ['NaN', '{"jsonrpc":"2.0","id":7,"result":{"mean":NaN}}', /no valid JSON/],
    ['one that ends too soon, before its id', '{"jsonrpc":"2.0","result":{"content":[{"te', /broke off/],
    ['NaN after another message', `${NOTE}{"jsonrpc":"2.0","id":7,"result":{"mean":NaN}}`, /no valid JSON/],
    ['no id', '{"jsonrpc":"2.0","result":{}}', /no valid answer/],
    ['an id of null', '{"jsonrpc":"2.0","id":null,"result":{}}', /no valid answer/],
    ['a fraction for an id', '{"jsonrpc":"2.0","id":1.5,"result":{}}', /no valid answer/],
    ['53 no result', '{"jsonrpc":"2.0","id":7,"result":null}', /no valid answer/],
  ])('%s', async (_what, text, why) => {
    const { call, messages } = await peer(closing, answer(text));
    await call();
    const answers = (): unknown[] => messages.filter(({ id }) => id === 7);
    await expect
      .poll(answers)
      .toMatchObject([{ error: { code: -32000, message: expect.stringMatching(why) as string } }]);
  });
});

it('43 on the standalone stream, an answer that cannot be used ends its call', async () => {
  let stream: ServerResponse | undefined;
  const http = createServer((request, response) => {
    if (request.method === 'GET') {
      stream = inEvents(response);
      stream.write(':\n\n');
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body || '{}') as { id?: number; method?: string; params?: object };
      const { text } = (params ?? {}) as { text?: string };
      const result = { ...params, capabilities: {}, serverInfo: { name: 'x', version: '1' } };
      if (method === 'initialize') inJson(JSON.stringify({ jsonrpc: '2.0', id, result }))(response, request);
      else response.writeHead(202).end();
      if (text !== undefined) stream?.write(`data: ${text.replaceAll('7', String(id))}\n\n`);
    });
  });
  const url = new URL(await listen(http));
  closing(() => http.close().closeAllConnections());
  const stage = await open(() => new HttpTransport(url));
  const client = await stage.connect();
  const told = async (text: string): Promise<unknown> => client.request('x', { text });
  expect(await told(`${NOTE}${RESULT}`)).toMatchObject({ result: { content: [] } });
  expect(await told('{"jsonrpc":"2.0","id":7,"result":{"mean":NaN}}')).toMatchObject({ error: { code: -32000 } });
  expect(await told('{"jsonrpc":"2.0","id":null,"result":{"content":[]}}')).toMatchObject({ error: { code: -32000 } });
  expect(await told('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"boom"}}')).toMatchObject({
    error: { code: 1, message: 'boom' },
  });
});
