/** The backend over Streamable HTTP: each message of a call on the answer to its POST, all others on the GET stream. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message, RequestId } from '../messages.js';
import { BackendSession } from './session.js';

const PATH = '/mcp';
const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

export interface HttpBackend {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves on loopback, on a free port. */
export async function serveHttp(): Promise<HttpBackend> {
  const sessions = new Map<string, HttpSession>();
  const server = createServer((request, response) => {
    serve(sessions, request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${PATH}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function serve(
  sessions: Map<string, HttpSession>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const known = typeof id === 'string' ? sessions.get(id) : undefined;
  // Some look elsewhere for who signs them in.
  if (request.url?.split('?')[0] !== PATH) {
    refuse(response, 404);
  } else if (request.method === 'POST') {
    const message = JSON.parse(await textOf(request)) as Message;
    const session = known ?? (message.method === 'initialize' ? new HttpSession() : undefined);
    if (session === undefined) refuse(response, id === undefined ? 400 : 404);
    else sessions.set(session.id, session);
    session?.post(message, response);
  } else if (known === undefined) {
    refuse(response, 404);
  } else if (request.method === 'GET') {
    known.get(response);
  } else {
    sessions.delete(known.id);
    known.end();
    refuse(response, 200);
  }
}

class HttpSession {
  readonly id: string = randomUUID();
  readonly #streams = new Map<RequestId, ServerResponse>();
  #standalone: ServerResponse | undefined;
  readonly #session = new BackendSession((message, call) => this.#send(message, call));

  post(message: Message, response: ServerResponse): void {
    const { id, method } = message;
    if (method === undefined || id === undefined || id === null) {
      response.writeHead(202).end();
    } else {
      this.#streams.set(id, response);
      response.writeHead(200, { ...EVENT_STREAM, 'mcp-session-id': this.id }).flushHeaders();
    }
    this.#session.receive(message);
  }

  get(response: ServerResponse): void {
    this.#standalone?.end();
    this.#standalone = response;
    response.writeHead(200, EVENT_STREAM).flushHeaders();
  }

  end(): void {
    this.#standalone?.end();
    for (const response of this.#streams.values()) response.end();
  }

  #send(message: Message, call?: RequestId): boolean {
    const stream = call === undefined ? this.#standalone : this.#streams.get(call);
    if (stream === undefined || stream.destroyed || stream.writableEnded) return false;
    stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    if (message.method === undefined && call !== undefined) {
      this.#streams.delete(call);
      stream.end();
    }
    return true;
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
