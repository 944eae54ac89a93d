/** The sessions of a server: one transport of `mcp-backchannel/http` for each client. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';

export class ServerSessions {
  /** By the id of the session. */
  readonly transports = new Map<string, StreamableHTTPServerTransport>();

  /** @param createServer makes a server for each session */
  constructor(private readonly createServer: () => McpServer) {}

  /** @param body if the framework has parsed it */
  async handle(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const transport = typeof id === 'string' ? this.transports.get(id) : await this.#open();
    if (transport === undefined) response.writeHead(404).end();
    else await transport.handleRequest(request, response, body);
  }

  async close(): Promise<void> {
    await Promise.all([...this.transports.values()].map(async (transport) => transport.close()));
  }

  async #open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.transports.set(id, transport),
      onsessionclosed: (id) => void this.transports.delete(id),
    });
    await this.createServer().connect(transport);
    return transport;
  }
}
