/** A real server of revision 2026-07-28 over HTTP, and real clients of that revision, both from SDK 2.x. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Client, StreamableHTTPClientTransport, type ClientOptions } from '@modelcontextprotocol/client';
import {
  acceptedContent,
  createMcpHandler,
  inputRequired,
  McpServer,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { z } from 'zod';
import { FORM, toolText } from '../backends/modern/modern-stage.js';
import { listen } from '../proxy/support.js';

/** A POST that reached the server. */
interface Seen {
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
  /** The server saw its connection end. */
  readonly gone: Promise<void>;
}

export interface ModernServer {
  readonly url: string;
  readonly seen: Seen[];
  readonly handler: McpHttpHandler;
  /** Breaks off all connections, and takes none any more. */
  end(): void;
  close(): Promise<unknown>;
}

export interface AskedClient {
  readonly client: Client;
  /** The messages of the elicitations that it has answered. */
  readonly asked: string[];
}

function equip(server: McpServer): void {
  server.registerTool('echo', { inputSchema: z.object({ tag: z.string() }) }, ({ tag }) => toolText(`echo ${tag}`));
  server.registerTool('twice', { inputSchema: z.object({}) }, (_, { mcpReq }) => {
    const { inputResponses } = mcpReq;
    const [first, second] = ['first', 'second'].map((key) => acceptedContent<{ answer: string }>(inputResponses, key));
    const state = mcpReq.requestState<string>();
    if (second !== undefined) return toolText(`${state ?? ''}+${second.answer}`);
    const key = first === undefined ? 'first' : 'second';
    return inputRequired({
      inputRequests: { [key]: inputRequired.elicit({ message: key, requestedSchema: FORM }) },
      requestState: first === undefined ? 'begun' : `state of ${first.answer}`,
    });
  });
  server.registerTool('steps', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    for (const progress of [1, 2, 3])
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: mcpReq._meta?.progressToken ?? '', progress, total: 3 },
      });
    return toolText('done');
  });
  server.registerTool('logs', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers still use it
    for (const level of ['debug', 'warning'] as const) await mcpReq.log(level, `a ${level}`);
    return toolText('logged');
  });
  server.registerTool('hang', { inputSchema: z.object({}) }, () => new Promise<never>(() => undefined));
}

export interface ModernServerOptions {
  /** Whether it serves earlier revisions, too. */
  readonly legacy?: 'reject' | 'stateless';
  /** Answers instead of the server. @returns whether it did */
  readonly intercept?: ((text: string, response: ServerResponse) => boolean) | undefined;
}

export async function modernServer({ legacy = 'reject', intercept }: ModernServerOptions = {}): Promise<ModernServer> {
  const seen: Seen[] = [];
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'modern', version: '1.2.3' }, { capabilities: { logging: {} } });
      equip(server);
      return server;
    },
    { legacy },
  );
  const handle = toNodeHandler(handler);
  const http = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
      const gone = new Promise<void>((resolve) => response.once('close', resolve));
      seen.push({ text, headers: request.headers, gone });
      if (intercept?.(text, response) !== true)
        await handle(request as never, response, text === '' ? undefined : JSON.parse(text));
    })();
  });
  const url = await listen(http);
  const end = (): void => {
    http.close();
    http.closeAllConnections();
  };
  return {
    url,
    seen,
    handler,
    end,
    close: async () => {
      end();
      await handler.close();
    },
  };
}

/** A client that takes no other revision, and accepts each elicitation. */
export async function modernClient(url: string, options: ClientOptions = {}): Promise<AskedClient> {
  const asked: string[] = [];
  const client = new Client(
    { name: 'ann', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
      ...options,
    },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(params.message);
    return { action: 'accept', content: { answer: `a ${params.message}` } };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return { client, asked };
}
