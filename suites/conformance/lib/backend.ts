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
import { askInRounds } from './legacy-rounds.js';
import { LEGACY_TOOLS } from './legacy-tools.js';
import { ASKING_PROMPT, PROMPT_ROUNDS, ROUNDS } from './rounds.js';
import { text } from './tools.js';

/** Of the revisions up to 2025-11-25. The later one has another code. */
const RESOURCE_NOT_FOUND = -32_002;

const NO_ARGUMENTS = { type: 'object' as const };

/** Tools after which all who are connected are told that a list has changed. */
const CHANGES: Readonly<Record<string, (server: Server) => Promise<void>>> = {
  test_trigger_tool_change: async (server) => server.sendToolListChanged(),
  test_trigger_prompt_change: async (server) => server.sendPromptListChanged(),
};

const connected = new Set<Server>();

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
  server.oninitialized = () => connected.add(server);
  server.onclose = () => connected.delete(server);
  return server;
}

function addTools(server: Server): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [
      ...Object.entries(LEGACY_TOOLS).map(([name, { description, inputSchema = NO_ARGUMENTS }]) => ({
        name,
        description,
        inputSchema,
      })),
      ...Object.entries(ROUNDS).map(([name, { description }]) => ({ name, description, inputSchema: NO_ARGUMENTS })),
      ...Object.keys(CHANGES).map((name) => ({ name, description: 'Changes a list', inputSchema: NO_ARGUMENTS })),
    ],
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    if (Object.hasOwn(ROUNDS, params.name))
      return { content: text(await askInRounds(server, find(ROUNDS, params.name), extra)) };
    if (Object.hasOwn(CHANGES, params.name)) {
      for (const one of connected) await find(CHANGES, params.name)(one);
      return { content: text('A list has changed.') };
    }
    const tool = find(LEGACY_TOOLS, params.name);
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
    if (result === undefined) throw new McpError(RESOURCE_NOT_FOUND, `there is no ${params.uri}`, { uri: params.uri });
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
    prompts: [
      ...Object.entries(PROMPTS).map(([name, { description, arguments: args }]) => ({
        name,
        description,
        ...(args !== undefined && { arguments: args }),
      })),
      { name: ASKING_PROMPT, description: PROMPT_ROUNDS.description },
    ],
  }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => ({
    messages: (params.name === ASKING_PROMPT
      ? text(await askInRounds(server, PROMPT_ROUNDS, extra))
      : find(PROMPTS, params.name).get(params.arguments ?? {})
    ).map((content) => ({ role: 'user' as const, content })),
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
