/**
 * A server with everything that the scenarios of the conformance suite ask for. It knows nothing about transports, so
 * the same server runs over any of them.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { PROMPTS } from './prompts.js';
import { read, RESOURCES, TEMPLATE } from './resources.js';
import { text, TOOLS } from './tools.js';

const NO_ARGUMENTS = { type: 'object' as const };

export function createBackend(): Server {
  const server = new Server(
    { name: 'conformance-backend', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  addTools(server);
  addResources(server);
  addPrompts(server);
  return server;
}

function addTools(server: Server): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(TOOLS).map(([name, { description, inputSchema = NO_ARGUMENTS }]) => ({
      name,
      description,
      inputSchema,
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tool = find(TOOLS, params.name);
    try {
      return { content: await tool.call(params.arguments ?? {}, extra) };
    } catch (error) {
      return { isError: true, content: text(error instanceof Error ? error.message : String(error)) };
    }
  });
}

function addResources(server: Server): void {
  const subscribed = new Set<string>();
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [TEMPLATE] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    const result = read(params.uri);
    if (result === undefined) throw new McpError(ErrorCode.InvalidParams, `there is no ${params.uri}`);
    return result;
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}

function addPrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(PROMPTS).map(([name, { description, arguments: args }]) => ({
      name,
      description,
      ...(args !== undefined && { arguments: args }),
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => ({
    messages: find(PROMPTS, params.name)
      .get(params.arguments ?? {})
      .map((content) => ({ role: 'user' as const, content })),
  }));
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => {
    const values = [`${params.argument.value}-one`, `${params.argument.value}-two`];
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function find<T>(table: Readonly<Record<string, T>>, name: string): T {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry === undefined) throw new McpError(ErrorCode.InvalidParams, `there is no ${name}`);
  return entry;
}
