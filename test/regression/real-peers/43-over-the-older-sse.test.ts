/** A server over the older HTTP+SSE sends what is not clean, too long, or `null`, or is slow: as over stdio and HTTP. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CLI, Started } from '../../cli/support.js';
import { listen } from '../../proxy/support.js';
import { LineClient } from './stdio-rig.js';

const MAX_MESSAGE = 20_000;
const LONG = 'x'.repeat(15_000);

/** The tool `say` writes `text` on the stream, with `$id` for the id of the call, and for `$long` three quarters of what is too long. */
class SseServer {
  readonly heard: { readonly id?: unknown; readonly method?: string; readonly params?: object }[] = [];
  /** Of a notification with the name `slow`: what accepts it, in the order in which they came. */
  readonly slow: (() => void)[] = [];
  /** Is answered to all that is posted from now on. */
  refusal: ((response: ServerResponse) => void) | undefined;
  url = '';
  readonly #http = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages?session=1\n\n');
      this.#stream = response;
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      this.#posted(body, response);
    });
  });
  #stream: ServerResponse | undefined;

  async start(): Promise<this> {
    this.url = await listen(this.#http);
    return this;
  }

  async close(): Promise<void> {
    const closed = once(this.#http, 'close');
    this.#http.close().closeAllConnections();
    await closed;
  }

  #posted(body: string, response: ServerResponse): void {
    const message = JSON.parse(body) as { id?: unknown; method?: string; params?: Record<string, unknown> };
    this.heard.push(message);
    const { id, method, params } = message;
    if (this.refusal !== undefined && method !== 'initialize') {
      this.refusal(response);
      return;
    }
    const accept = (): unknown => response.writeHead(202).end('Accepted');
    if (method === 'notifications/slow') {
      this.slow.push(accept);
      return;
    }
    accept();
    const initialized = { ...params, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } };
    const { text } = (params?.['arguments'] ?? {}) as { text?: string };
    if (text !== undefined) this.#stream?.write(text.replaceAll('$id', JSON.stringify(id)).replaceAll('$long', LONG));
    else if (id !== undefined && method !== undefined)
      this.#stream?.write(event(JSON.stringify({ jsonrpc: '2.0', id, result: initialized })));
  }
}

const event = (data: string): string => `event: message\ndata: ${data}\n\n`;

const started = new Started();
const sharing = new Started();
let server: SseServer;
let client: LineClient;
beforeAll(async () => {
  [server, client] = await connected(sharing);
});
afterAll(async () => sharing.end());
afterEach(async () => started.end());

async function connected(by: Started, ...options: string[]): Promise<[SseServer, LineClient]> {
  const one = by.add(await new SseServer().start());
  const args = [CLI, '--stdio', '--max-message', String(MAX_MESSAGE), ...options, '--sse-url', one.url];
  const local = by.add(new LineClient(process.execPath, args));
  await local.initialize();
  return [one, local];
}

const RESULT = '{"jsonrpc":"2.0","id":$id,"result":{"content":[]}}';
let next = 100;

describe('over HTTP+SSE, what can be understood is:', () => {
  it.each<[string, string]>([
    ['53 the meta of a result', event('{"jsonrpc":"2.0","id":$id,"result":{"_meta":null,"content":[]}}')],
    ['53 the error of a result', event('{"jsonrpc":"2.0","id":$id,"error":null,"result":{"content":[]}}')],
    ['43 a batch', event(`[{"jsonrpc":"2.0","method":"notifications/x","params":null},${RESULT}]`)],
    ['43 an answer printed over several lines', `event: message\ndata: ${RESULT.replaceAll(',', ',\ndata: ')}\n\n`],
    ['43 lines that end in \\r\\n', `event: message\r\ndata: ${RESULT}\r\n\r\n`],
    ['43 lines that end in \\r', `event: message\rdata: ${RESULT}\r\r`],
    ['43 events of other kinds before it', `:\n\nretry: 5\n\nevent: ping\ndata: {\n\n${event(RESULT)}`],
  ])('%s', async (_what, text) => {
    const id = client.call('say', { text }, next++);
    expect(await client.answerTo(id)).toEqual({ jsonrpc: '2.0', id, result: { content: [] } });
  });
});

describe('over HTTP+SSE, an answer that is beyond that is an error:', () => {
  it.each<[string, string, RegExp]>([
    ['43 NaN', event('{"jsonrpc":"2.0","id":$id,"result":{"mean":NaN}}'), /no valid JSON/],
    ['43 one that ends too soon', event('{"jsonrpc":"2.0","id":$id,"result":{"content":[{"te'), /no valid JSON/],
    ['43 an id of null', event('{"jsonrpc":"2.0","id":null,"result":{"content":[]}}'), /not valid/],
    [
      '43 an error with an id of null',
      event('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"boom"}}'),
      /boom/,
    ],
    ['53 no result', event('{"jsonrpc":"2.0","id":$id,"result":null}'), /no valid answer/],
    ['51 one that is too long', event('{"jsonrpc":"2.0","id":$id,"result":{"text":"$long$long"}}'), /--max-message/],
    [
      '51 one that is too long, its id last',
      event('{"jsonrpc":"2.0","result":{"text":"$long$long"},"id":$id}'),
      /--max-message/,
    ],
    [
      '51 one that is too long, over several lines',
      event('{"jsonrpc":"2.0","id":$id,"result":{"a":"$long",\ndata: "b":"$long"}}'),
      /--max-message/,
    ],
  ])('%s', async (_what, text, why) => {
    const id = client.call('say', { text }, next++);
    expect(await client.answerTo(id)).toMatchObject({ error: { message: expect.stringMatching(why) as string } });
    const after = client.call('say', { text: event(RESULT) }, next++);
    expect(await client.answerTo(after)).toMatchObject({ result: { content: [] } });
  });
});

it('43 over HTTP+SSE, a question that is not clean is refused', async () => {
  client.call('say', { text: event('{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"x":NaN}}') });
  await expect.poll(() => server.heard.at(-1)).toMatchObject({ id: 'q', error: { code: -32700 } });
});

it('51 over HTTP+SSE, a message without an end ends the session, and the call is told so', async () => {
  const [, local] = await connected(started);
  const id = local.call('say', { text: `data: {"jsonrpc":"2.0","id":$id,"result":{"text":"${'$long'.repeat(25)}` });
  expect(await local.answerTo(id)).toMatchObject({ error: { code: -32000 } });
  expect(await local.exit).toEqual({ code: 1, signal: null });
  expect(local.stderr.join('\n')).toMatch(/--max-message.*does not end/);
});

it('51 over HTTP+SSE, a refusal without an end is read as far as it is shown', async () => {
  const [one, local] = await connected(started);
  one.refusal = (response) => response.writeHead(500, { 'content-type': 'text/plain' }).write('x'.repeat(100_000));
  const id = local.call('say');
  expect(await local.answerTo(id)).toMatchObject({ error: { message: expect.stringContaining('500') as string } });
});

it('66 over HTTP+SSE, notifications to a slow server arrive in order, over few connections, and before the next request', async () => {
  const [one, local] = await connected(started);
  for (let n = 0; n < 20; n++) local.send({ jsonrpc: '2.0', method: 'notifications/slow', params: { n } });
  for (let n = 0; n < 20; n++) {
    await expect.poll(() => one.slow.length).toBeGreaterThan(n);
    expect(one.slow.length).toBeLessThan(n + 9);
    one.slow[n]?.();
  }
  const slow = one.heard.filter(({ method }) => method === 'notifications/slow');
  expect(slow.map(({ params }) => params)).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
  const id = local.call('echo');
  expect(await local.answerTo(id)).toMatchObject({ result: {} });
});
