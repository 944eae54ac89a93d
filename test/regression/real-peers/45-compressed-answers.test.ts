/** A backend that compresses though nobody asked for it is understood, and no small answer becomes a large one in memory. */
import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import type { ServerResponse } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { CALL, event, NEWS, passTime, peer, RESULT, until, type Respond } from '../../backends/http/http-peer.js';
import { closers, listen, proxies } from '../../proxy/support.js';

const closing = closers();
const open = proxies();
afterEach(() => {
  vi.useRealTimers();
});

type Gzip = ReturnType<typeof zlib.createGzip>;

const ANSWER = JSON.stringify({ jsonrpc: '2.0', ...RESULT });
const deflateTwice = (data: string): Buffer => zlib.gzipSync(zlib.deflateSync(data));

/** Name as in the header, and how it is done. Not every Node knows them all. */
const ENCODINGS: readonly (readonly [string, (data: string) => Buffer])[] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['GZip', zlib.gzipSync],
  ['br', zlib.brotliCompressSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['deflate, gzip', deflateTwice],
  ['identity, gzip ', zlib.gzipSync],
  ['identity', (data) => Buffer.from(data)],
  ...('zstdCompressSync' in zlib ? [['zstd', zlib.zstdCompressSync as (data: string) => Buffer] as const] : []),
];

const compressed =
  (encoding: string, body: Buffer, type = 'application/json', status = 200): Respond =>
  (response) =>
    response.writeHead(status, { 'content-type': type, 'content-encoding': encoding }).end(body);

describe('45: an answer that is compressed is read', () => {
  it.each(ENCODINGS)('as JSON: %s', async (encoding, compress) => {
    const { call, errors } = await peer(closing, compressed(encoding, compress(ANSWER)));
    expect(await call()).toMatchObject([RESULT]);
    expect(errors).toEqual([]);
  });

  it.each(ENCODINGS)('as events: %s', async (encoding, compress) => {
    const { call } = await peer(
      closing,
      compressed(encoding, compress(event(NEWS) + event(RESULT)), 'text/event-stream'),
    );
    expect(await call(2)).toMatchObject([NEWS, RESULT]);
  });

  it.each(ENCODINGS)('as an error under 422: %s', async (encoding, compress) => {
    const error = { code: -32042, message: 'no', data: 1 };
    const body = compress(JSON.stringify({ jsonrpc: '2.0', id: 7, error }));
    const { call } = await peer(closing, compressed(encoding, body, 'application/json', 422));
    expect(await call()).toEqual([{ jsonrpc: '2.0', id: 7, error }]);
  });

  it.each(ENCODINGS)('as the text of a refusal: %s', async (encoding, compress) => {
    const { transport } = await peer(closing, compressed(encoding, compress('try later'), 'text/plain', 503));
    await expect(transport.send(CALL)).rejects.toThrow(/503.*try later/);
  });

  it.each([
    ['gzip', (): Gzip => zlib.createGzip()],
    ['br', (): Gzip => zlib.createBrotliCompress() as never],
    ['deflate', (): Gzip => zlib.createDeflate() as never],
  ])('event by event, while the stream is open: %s', async (encoding, create) => {
    let answer = (): void => undefined;
    const { transport, messages } = await peer(closing, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
      const stream = create();
      stream.pipe(response);
      stream.write(event(NEWS));
      stream.flush();
      answer = () => stream.end(event(RESULT));
    });
    await transport.send(CALL);
    await expect.poll(() => messages).toMatchObject([NEWS]);
    answer();
    await expect.poll(() => messages).toMatchObject([NEWS, RESULT]);
  });

  it('on the standalone stream', async () => {
    const { transport, messages, errors } = await peer(
      closing,
      (response) => response.writeHead(202).end(),
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
        const stream = zlib.createGzip();
        stream.pipe(response);
        stream.write(event(NEWS));
        stream.flush();
      },
    );
    await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await expect.poll(() => messages).toMatchObject([NEWS]);
    expect(errors).toEqual([]);
  });
});

describe('45: an answer that cannot be read ends its call with an error that says why', () => {
  it.each<[string, string, Buffer]>([
    ['is of a kind that nobody knows', 'compress', Buffer.from('x')],
    ['is not what it says', 'gzip', Buffer.from(ANSWER)],
    ['is cut off', 'gzip', zlib.gzipSync(ANSWER.padEnd(100_000, ' ')).subarray(0, 60)],
    ['is compressed more often than anybody needs', Array<string>(9).fill('gzip').join(','), Buffer.from('x')],
  ])('because it %s', async (_what, encoding, body) => {
    const { transport, messages } = await peer(closing, compressed(encoding, body));
    const refused = await transport.send(CALL).catch((error: unknown) => error);
    if (refused === undefined) await expect.poll(() => messages).toMatchObject([{ id: 7, error: { code: -32000 } }]);
    else expect((refused as Error).message).toContain(encoding.split(',')[0]);
  });

  it.each(['application/json', 'text/event-stream'])('because it is too long: %s', async (type) => {
    const bomb = await promisify<string, Buffer>(zlib.gzip)(`data: "${'x'.repeat(200_000_000)}"\n\n`);
    const before = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss() - before)), 5);
    const { call } = await peer(closing, compressed('gzip', bomb, type));
    expect(await call()).toMatchObject([
      { id: 7, error: { message: expect.stringMatching(/longer than 10485760/) as string } },
    ]);
    clearInterval(watch);
    expect(most).toBeLessThan(150_000_000);
  });

  it('because it is too long as the text of a refusal: what is shown of it is short', async () => {
    const bomb = zlib.gzipSync('x'.repeat(50_000_000));
    const { transport } = await peer(closing, compressed('gzip', bomb, 'text/plain', 500));
    const refused = (await transport.send(CALL).catch((error: unknown) => error)) as Error;
    expect(refused.message).toMatch(/500/);
    expect(refused.message.length).toBeLessThan(5_000);
  });
});

it('45: what nobody is told is not decompressed either: a notification is accepted with any body', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { transport, requests } = await peer(closing, compressed('gzip', Buffer.from('no gzip')));
  await passTime(transport.send({ jsonrpc: '2.0', method: 'notifications/x' }));
  await until(() => requests.length === 1);
});

it('45: an SDK client initializes and calls, straight and through the proxy', async () => {
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      if (request.method === 'POST') answer(response, JSON.parse(body) as JsonRpcMessage);
      else response.writeHead(405).end();
    });
  });
  function answer(response: ServerResponse, { id, method, params }: JsonRpcMessage): void {
    const { protocolVersion } = (params ?? {}) as { protocolVersion?: string };
    const info = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'gz', version: '1' } };
    const result = method === 'initialize' ? info : { tools: [] };
    if (id === undefined) response.writeHead(202).end();
    else
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(zlib.gzipSync(JSON.stringify({ jsonrpc: '2.0', id, result })));
  }
  const url = new URL(await listen(http));
  closing(() => http.close());
  const stage = await open(() => new HttpTransport(url));
  for (const to of [url, new URL(stage.url)]) {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(to));
    expect(await client.listTools()).toEqual({ tools: [] });
    await client.close();
  }
});
