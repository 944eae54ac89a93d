/** A server of the SDK over Streamable HTTP, behind a guard that the test writes, and what it has heard. */
import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createBackend } from '../../../examples/lib/backend.js';
import type { Message } from '../../../examples/lib/strict-client.js';
import { listen } from '../../proxy/support.js';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: Message | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @returns nothing: let in */
export type BackendGuard = (heard: Heard) => Refusal | undefined | Promise<Refusal | undefined>;

export interface ProtectedBackend {
  readonly url: string;
  readonly heard: Heard[];
  /** May be replaced at any time. */
  guard: BackendGuard;
  /** Answers what is asked for elsewhere than at the endpoint, by path. */
  readonly documents: Map<string, (heard: Heard) => Refusal>;
  /** Of the POSTs that carried this method, what a header said. */
  said(method: string, header: string): (string | undefined)[];
  /** Ends the streams that GET opened. */
  endStreams(): void;
  close(): Promise<void>;
}

export const json = (body: object, status = 200): Refusal => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** What a guard answers, as RFC 6750 and RFC 9728 have it. */
export const challenge = (status: number, parameters: string, body = '{"error":"no"}'): Refusal => ({
  status,
  headers: { 'content-type': 'application/json', 'www-authenticate': `Bearer ${parameters}` },
  body,
});

export async function startProtected(guard: BackendGuard = () => undefined): Promise<ProtectedBackend> {
  const heard: Heard[] = [];
  const documents = new Map<string, (heard: Heard) => Refusal>();
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const streams = new Set<ServerResponse>();
  const http: Server = createServer((request, response) => void serve(request, response));
  const url = await listen(http);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method = '', headers } = request;
    const path = request.url ?? '';
    const message = text === '' ? undefined : (JSON.parse(text) as Message);
    const one: Heard = { method, path, headers, message };
    heard.push(one);
    const isEndpoint = path === new URL(url).pathname;
    const refusal = isEndpoint ? await backend.guard(one) : (documents.get(path)?.(one) ?? { status: 404 });
    if (refusal !== undefined) response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    else await enter(request, response, message);
  }

  async function enter(request: IncomingMessage, response: ServerResponse, message?: Message): Promise<void> {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? transports.get(id) : undefined;
    if (transport === undefined && message?.method === 'initialize') {
      const opened = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (newId) => void transports.set(newId, opened),
      });
      transport = opened;
      // The SDK's types do not say that its transports fit its interface.
      await createBackend().connect(transport);
    }
    if (transport === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (request.method === 'GET') streams.add(response.once('close', () => streams.delete(response)));
    await transport.handleRequest(request, response, message);
  }

  const backend: ProtectedBackend = {
    url,
    heard,
    guard,
    documents,
    said: (method, header) =>
      heard
        .filter(({ message }) => message?.method === method)
        .map(({ headers }) => headers[header] as string | undefined),
    endStreams: () => {
      for (const stream of [...streams]) stream.destroy();
    },
    async close() {
      for (const transport of transports.values()) await transport.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return backend;
}

/** A JSON Web Token that nobody has signed: what it says of whom it is for. */
export function jwt(claims: object, serial = '1'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.${Buffer.from(serial).toString('base64url')}`;
}
