/** A proxy that passes everything on to the backend of the doctor, and behaves oddly where a test wants it to. */
import { once } from 'node:events';
import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveHttp } from '../../src/doctor/backend/http.js';
import type { Message } from '../../src/doctor/messages.js';

export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What was posted, if anything. */
  readonly message: Message | undefined;
  /** The tool that is called. */
  readonly tool: string | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** Passes it on, and its answer back. */
  readonly pass: () => void;
  /** Listens no more, and breaks every connection. */
  readonly die: () => void;
}

export interface Relay {
  readonly url: string;
  close(): Promise<void>;
}

/** @param oddly is given each request. What it does not pass on or answer, hangs */
export async function relay(oddly: (passing: Passing) => void): Promise<Relay> {
  const backend = await serveHttp();
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
      const message = body === '' ? undefined : (JSON.parse(body) as Message);
      const { name, arguments: args = {} } = (message?.params ?? {}) as {
        readonly name?: string;
        readonly arguments?: Readonly<Record<string, unknown>>;
      };
      const pass = (): void => {
        const { method, headers } = request;
        const inner = requestHttp(backend.url, { method, headers, agent: false }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
          answer.pipe(response);
        });
        inner.on('error', () => response.destroy());
        response.on('close', () => inner.destroy());
        inner.end(body);
      };
      const die = (): void => {
        server.close();
        server.closeAllConnections();
      };
      oddly({ request, response, message, tool: name, args, pass, die });
    })().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    async close() {
      server.close();
      server.closeAllConnections();
      await backend.close();
    },
  };
}
