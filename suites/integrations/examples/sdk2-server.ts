/** A server of SDK 2.x on its Node transport: wrap it, change nothing else. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer } from '@modelcontextprotocol/server';
import { withBackchannel } from 'mcp-backchannel';

export interface Sdk2ServerOptions {
  /** False shows what happens without the package. */
  readonly wrapped?: boolean;
}

export function createSdk2Server({ wrapped = true }: Sdk2ServerOptions = {}): HttpServer {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

  async function open(): Promise<NodeStreamableHTTPServerTransport> {
    const bare = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    const transport = wrapped ? withBackchannel(bare) : bare;
    await createAsker().connect(transport);
    return transport;
  }

  return createServer((request, response) => {
    const id = request.headers['mcp-session-id'];
    const handle = async (): Promise<void> => {
      const transport = typeof id === 'string' ? sessions.get(id) : await open();
      if (transport === undefined) response.writeHead(404).end();
      else await transport.handleRequest(request, response);
    };
    handle().catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
}

function createAsker(): McpServer {
  const mcp = new McpServer({ name: 'asker', version: '1.0.0' });
  mcp.registerTool('echo', {}, () => ({ content: [{ type: 'text', text: '' }] }));
  mcp.registerTool('ask', {}, async () => {
    // Without a word on which call it belongs to.
    const { action, content } = await mcp.server.elicitInput({
      message: 'ask',
      requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } },
    });
    return { content: [{ type: 'text', text: `ask: ${action} ${String(content?.['answer'])}` }] };
  });
  return mcp;
}
