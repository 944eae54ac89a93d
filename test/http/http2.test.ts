/** The compatibility API of `node:http2`. */
import { once } from 'node:events';
import { connect, createServer, type ClientHttp2Session, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport, type StreamableHTTPServerTransportOptions } from 'mcp-backchannel/http';
import { describe, expect, it } from 'vitest';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { closers } from '../proxy/support.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';
import { CALL, news, said } from './rig.js';

const closing = closers();

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: () => string;
  readonly ended: Promise<unknown>;
  readonly close: () => void;
}

interface Stage {
  readonly transport: StreamableHTTPServerTransport;
  readonly received: JsonRpcMessage[];
  readonly extras: { readonly requestInfo: { readonly url: URL }; readonly request: Request }[];
  readonly errors: Error[];
  readonly handled: Promise<void>[];
  readonly client: ClientHttp2Session;
  readonly send: (method: string, headers?: Readonly<Record<string, string>>, body?: object) => Promise<Answer>;
}

async function stage(
  options: StreamableHTTPServerTransportOptions = {},
  before: (response: Http2ServerResponse) => Promise<void> | void = () => undefined,
): Promise<Stage> {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'session', ...options });
  const received: JsonRpcMessage[] = [];
  const extras: Stage['extras'][number][] = [];
  const errors: Error[] = [];
  const handled: Promise<void>[] = [];
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message: JsonRpcMessage, extra: Stage['extras'][number]) => {
    received.push(message);
    extras.push(extra);
    if (message.method === 'initialize') void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
  };
  await transport.start();
  const server = createServer((request, response) => {
    const handle = async (): Promise<void> => {
      await before(response);
      await transport.handleRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    };
    handled.push(handle());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closing(async () => {
    await transport.close();
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const send: Stage['send'] = async (method, headers = {}, body) => {
    const request = client.request({
      ':method': method,
      ':path': '/mcp?x=1',
      'mcp-session-id': 'session',
      ...JSON_HEADERS,
      ...headers,
    });
    request.on('error', () => undefined);
    request.end(body === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', ...body }));
    let text = '';
    const ended = once(request, 'close');
    const [head] = (await once(request, 'response')) as [Record<string, unknown>];
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const close = (): void => {
      request.close();
    };
    return { status: head[':status'] as number, headers: head, text: () => text, ended, close };
  };
  return { transport, received, extras, errors, handled, client, send };
}

const dataIn = (text: string): JsonRpcMessage[] =>
  [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as JsonRpcMessage);

describe('over HTTP/2', () => {
  it('a session is opened, calls are answered on streams, news come on the standalone stream, and it is closed', async () => {
    const { send, transport, extras, errors, received, handled } = await stage();
    const opened = await send('POST', {}, INITIALIZE_MESSAGE);
    await opened.ended;
    expect(opened).toMatchObject({ status: 200, headers: { 'mcp-session-id': 'session' } });
    expect(extras[0]?.requestInfo.url.pathname).toBe('/mcp');
    expect(JSON.stringify(extras[0]?.requestInfo)).toContain('/mcp');
    expect(extras[0]?.request.headers.get('content-type')).toBe('application/json');

    const standalone = await send('GET');
    expect(standalone).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    const call = await send('POST', {}, CALL);
    await transport.send(news(1), { relatedRequestId: CALL.id });
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { data: 2 } });
    await transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} });
    await call.ended;
    expect(said(dataIn(call.text()))).toEqual([1, CALL.id]);
    await expect.poll(() => said(dataIn(standalone.text()))).toEqual([2]);

    const note = await send('POST', {}, { method: 'notifications/x' });
    expect(note.status).toBe(202);
    await expect.poll(() => received.at(-1)).toMatchObject({ method: 'notifications/x' });
    expect((await send('DELETE')).status).toBe(200);
    await standalone.ended;
    await Promise.all(handled);
    expect(errors).toEqual([]);
  });

  it('answers are JSON, and refusals too', async () => {
    const { send, transport, received } = await stage({ enableJsonResponse: true });
    await (
      await send('POST', {}, INITIALIZE_MESSAGE)
    ).ended;
    const call = send('POST', {}, CALL);
    await expect.poll(() => received).toHaveLength(2);
    await transport.send({ jsonrpc: '2.0', id: CALL.id, result: { done: true } });
    const { headers, text, ended } = await call;
    await ended;
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text())).toEqual({ jsonrpc: '2.0', id: CALL.id, result: { done: true } });
    expect((await send('POST', { accept: 'text/html' }, CALL)).status).toBe(406);
    expect((await send('PUT', {}, CALL)).status).toBe(405);
    expect((await send('POST', { 'mcp-session-id': 'other' }, CALL)).status).toBe(404);
  });

  it('a client that leaves a stream has left it, and the connection goes on', async () => {
    const { send, transport, errors, handled } = await stage();
    await (
      await send('POST', {}, INITIALIZE_MESSAGE)
    ).ended;
    const call = await send('POST', {}, CALL);
    call.close();
    await handled.at(-1);
    await expect(transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} })).rejects.toThrow(/No connection/);
    expect((await send('GET')).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it('a client that has left while it was being authorized is noticed', async () => {
    let isDelayed = false;
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const { send, client, transport, handled } = await stage({}, async (response) => {
      if (!isDelayed) return;
      arrived();
      await once(response, 'close');
    });
    await (
      await send('POST', {}, INITIALIZE_MESSAGE)
    ).ended;
    isDelayed = true;
    const request = client.request({ ':method': 'GET', 'mcp-session-id': 'session', accept: 'text/event-stream' });
    request.on('error', () => undefined);
    await arrival;
    request.close();
    await handled.at(-1);
    isDelayed = false;
    await expect(
      transport.send({ jsonrpc: '2.0', id: 'q', method: 'ping' }).then(
        () => 'sent',
        (error: unknown) => error,
      ),
    ).resolves.not.toBe('sent');
  });

  it('a stream of which the client does not read is closed', async () => {
    const { send, transport } = await stage({ maxBufferedBytes: 1_000_000 });
    await (
      await send('POST', {}, INITIALIZE_MESSAGE)
    ).ended;
    const call = await send('POST', {}, CALL);
    // The client reads nothing before this turn is over.
    const options = { relatedRequestId: CALL.id };
    const question = { jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage', params: {} };
    await transport.send(news('x'.repeat(8_000_000)), options);
    await expect(transport.send(question, options)).rejects.toMatchObject({ code: 'SLOW_CLIENT' });
    await call.ended;
  });
});
