/** A backend over Streamable HTTP that counts what it gets. Its sessions live as long as it does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../proxy/support.js';

export interface HttpBackend {
  readonly url: URL;
  /** What came: `initialize`, the methods of messages, `GET` with the last event id, `DELETE`. */
  readonly got: string[];
  readonly count: (what: string) => number;
  /** Sends a message on the standalone streams. @returns to how many */
  readonly say: (method: string, id: string) => number;
  /** From now on it knows none of its sessions. */
  readonly forget: () => void;
}

export async function httpBackend(closing: (close: () => unknown) => void): Promise<HttpBackend> {
  const sessions = new Map<string, { calls: number }>();
  const streams = new Set<ServerResponse>();
  const got: string[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const { id, method } = (body === '' ? {} : JSON.parse(body)) as { id?: unknown; method?: string };
    const json = (result: object, headers: Record<string, string> = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    };
    if (method === 'initialize') {
      got.push(method);
      const name = crypto.randomUUID();
      sessions.set(name, { calls: 0 });
      const info = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'b', version: '1' },
      };
      json(info, { 'mcp-session-id': name });
      return;
    }
    const session = sessions.get(String(request.headers['mcp-session-id']));
    if (session === undefined) {
      got.push('unknown session');
      response.writeHead(404).end();
    } else if (request.method === 'GET') {
      got.push(`GET ${String(request.headers['last-event-id'] ?? '')}`.trim());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      streams.add(response);
      response.once('close', () => streams.delete(response));
    } else if (request.method === 'DELETE') {
      got.push('DELETE');
      response.writeHead(200).end();
    } else {
      got.push(method ?? 'answer');
      if (id === undefined || method === undefined) response.writeHead(202).end();
      else if (method === 'tools/call') json({ content: [{ type: 'text', text: String(++session.calls) }] });
      else json({});
    }
  }

  const http = createServer((request, response) => void serve(request, response));
  const url = new URL(await listen(http));
  closing(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url,
    got,
    count: (what) => got.filter((one) => one === what).length,
    say: (method, id) => {
      for (const stream of streams) stream.write(`id: ${id}\ndata: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
      return streams.size;
    },
    forget: () => {
      sessions.clear();
    },
  };
}
