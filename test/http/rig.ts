/** Our own transport behind a real server, in the place of a proxy the test itself, and HTTP by hand at the other end. */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { StreamableHTTPServerTransport, type StreamableHTTPServerTransportOptions } from 'mcp-backchannel/http';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { listen } from '../proxy/support.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';

export interface Rig {
  readonly url: string;
  readonly http: Server;
  readonly transport: StreamableHTTPServerTransport;
  /** What the server was handed, but for `initialize`. */
  readonly received: JsonRpcMessage[];
  readonly errors: Error[];
  /** The responses, in the order of their requests. */
  readonly responses: ServerResponse[];
  /** Opens the standalone stream, or resumes one. */
  readonly get: (lastEventId?: string) => Promise<Opened>;
  /** Posts a message. Comes back when its answer has begun. */
  readonly post: (message: object, headers?: Readonly<Record<string, string>>) => Promise<Opened>;
  /** Sends a request whatever it is. */
  readonly send: (method: string, headers: Readonly<Record<string, string>>, body?: string) => Promise<Opened>;
}

/** A response of which the head is here. */
export interface Opened {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly message: IncomingMessage;
  /** What has come of the body. */
  readonly text: () => string;
  /** The messages in its events. */
  readonly messages: () => JsonRpcMessage[];
  /** The ids of its events. */
  readonly ids: () => string[];
  /** All of it is here, or it was broken off. */
  readonly ended: Promise<'complete' | 'broken off'>;
  readonly isEnded: () => boolean;
  /** The client drops the connection. */
  readonly drop: () => void;
}

type Closing = (close: () => unknown) => void;

/** A server with one session, which is initialized. */
export async function rig(closing: Closing, options: StreamableHTTPServerTransportOptions = {}): Promise<Rig> {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'session', ...options });
  const errors: Error[] = [];
  const received: JsonRpcMessage[] = [];
  const responses: ServerResponse[] = [];
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message: JsonRpcMessage) => {
    if (message.method !== 'initialize') received.push(message);
    else void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
  };
  await transport.start();
  const http = createServer((request, response) => {
    responses.push(response);
    void transport.handleRequest(request, response);
  });
  const url = await listen(http);
  closing(async () => {
    await transport.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const send: Rig['send'] = async (method, headers, body) => opened(url, method, headers, body);
  const session = { 'mcp-session-id': 'session', 'mcp-protocol-version': '2025-11-25' };
  const post: Rig['post'] = async (message, headers = {}) =>
    send('POST', { ...JSON_HEADERS, ...session, ...headers }, JSON.stringify({ jsonrpc: '2.0', ...message }));
  const get: Rig['get'] = async (lastEventId) => {
    const resuming = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return send('GET', { ...session, accept: 'text/event-stream', ...resuming });
  };
  if (options.sessionIdGenerator === undefined) await (await post(INITIALIZE_MESSAGE)).ended;
  return { url, http, transport, received, errors, responses, get, post, send };
}

async function opened(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Opened> {
  // Each request has a connection of its own.
  const request = httpRequest(url, { method, headers, agent: false });
  request.end(body);
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  let isEnded = false;
  message.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  message.on('error', () => undefined);
  const ended = new Promise<'complete' | 'broken off'>((resolve) => {
    message.once('close', () => {
      isEnded = true;
      resolve(message.complete ? 'complete' : 'broken off');
    });
  });
  const lines = (name: string): string[] =>
    text.split('\n').flatMap((line) => (line.startsWith(name) ? [line.slice(name.length)] : []));
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    message,
    text: () => text,
    messages: () =>
      lines('data: ')
        .filter((data) => data !== '')
        .map((data) => JSON.parse(data) as JsonRpcMessage),
    ids: () => lines('id: '),
    ended,
    isEnded: () => isEnded,
    drop: () => {
      message.destroy();
    },
  };
}

/** A notification by which a message is known again. */
export const news = (data: unknown): object => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data },
});

export const CALL = { id: 'call', method: 'tools/call', params: { name: 'any' } } as const;

/** What the notifications say, in their order, and which responses came among them. */
export function said(messages: readonly JsonRpcMessage[]): unknown[] {
  return messages.map(({ params, id }) => (params as { data?: unknown } | undefined)?.data ?? id);
}
