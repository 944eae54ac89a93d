/**
 * A server of revision 2026-07-28 with what the scenarios of that revision ask for. What needs nothing from the client
 * is the backend of the earlier revisions; the rest is written anew, because such a server sends no requests.
 */
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ProtocolError,
  ResourceNotFoundError,
  type CallToolResult,
  type GetPromptResult,
  type InputRequiredResult,
  type ServerContext,
  type ServerNotifier,
} from '@modelcontextprotocol/server';
import { addLists } from './modern-lists.js';
import { PROMPTS } from './prompts.js';
import { read } from './resources.js';
import { ASKING_PROMPT, PROMPT_ROUNDS, questionsOf, ROUNDS, type Rounds } from './rounds.js';
import { HEADER_SCHEMA, HEADER_TOOL, SIMPLE_TOOLS, text } from './tools.js';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const INVALID_PARAMS = -32_602;

interface State {
  readonly round: number;
}

const states = createRequestStateCodec<State>({ key: 'a key that only the tests know, of 32 bytes at least' });

/** @param notify tells all who listen that a list has changed */
export function createModernServer(notify: () => ServerNotifier): McpServer {
  const mcp = new McpServer(
    { name: 'conformance-backend', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: async (state, context) => states.verify(state, context) },
    },
  );
  // The SDK compares headers to the arguments of tools that it knows.
  mcp.registerTool(HEADER_TOOL, { inputSchema: fromJsonSchema(HEADER_SCHEMA) }, () => ({ content: [] }));
  const { server } = mcp;
  addLists(mcp, Object.keys(STREAMING));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name, arguments: args = {} } = params;
    const rounds = Object.hasOwn(ROUNDS, name) ? ROUNDS[name] : undefined;
    if (rounds !== undefined) return inRounds(rounds, context, (said) => ({ content: text(said) }));
    if (Object.hasOwn(STREAMING, name)) return STREAMING[name]?.(context, notify()) ?? unknown(name);
    const tool = Object.hasOwn(SIMPLE_TOOLS, name) ? SIMPLE_TOOLS[name] : undefined;
    if (tool === undefined) return unknown(name);
    try {
      return { content: tool.call(args) };
    } catch (error) {
      return { isError: true, content: text(String(error)) };
    }
  });
  server.setRequestHandler(
    'prompts/get',
    async ({ params }, context): Promise<GetPromptResult | InputRequiredResult> => {
      const { name, arguments: args = {} } = params;
      const user = 'user' as const;
      const answered = (said: string): GetPromptResult => ({
        messages: [{ role: user, content: { type: 'text', text: said } }],
      });
      if (name === ASKING_PROMPT) return inRounds(PROMPT_ROUNDS, context, answered);
      const prompt = Object.hasOwn(PROMPTS, name) ? PROMPTS[name] : undefined;
      if (prompt === undefined) return unknown(name);
      return { messages: prompt.get(args).map((content) => ({ role: user, content })) };
    },
  );
  server.setRequestHandler('resources/read', ({ params }) => {
    const result = read(params.uri);
    if (result === undefined) throw new ResourceNotFoundError(params.uri);
    return result;
  });
  return mcp;
}

/** Tools that say something while they run. */
const STREAMING: Readonly<Record<string, (context: ServerContext, notify: ServerNotifier) => Promise<CallToolResult>>> =
  {
    test_tool_with_progress: async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100])
        if (progressToken !== undefined)
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      return { content: text('Done, step by step.') };
    },
    test_logging_tool: async ({ mcpReq }) => {
      const isWanted = LOG_LEVEL in (mcpReq.envelope ?? {});
      if (isWanted)
        await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data: 'at work' } });
      return { content: text('Logged.') };
    },
    test_trigger_tool_change: async (_context, notify) => {
      notify.toolsChanged();
      return Promise.resolve({ content: text('The tools have changed.') });
    },
    test_trigger_prompt_change: async (_context, notify) => {
      notify.promptsChanged();
      return Promise.resolve({ content: text('The prompts have changed.') });
    },
  };

/** The first round that is not answered is the result; when all are, what they lead to. */
async function inRounds<T>(
  all: Rounds,
  context: ServerContext,
  answered: (text: string) => T,
): Promise<T | InputRequiredResult> {
  const { envelope, inputResponses = {}, requestState } = context.mcpReq;
  const declared = (envelope as Readonly<Record<string, unknown>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const at = requestState<State>()?.round ?? 0;
  const round = all.rounds[at];
  if (round === undefined) return answered(all.text);
  const asked = questionsOf(all, round, declared as Readonly<object> | undefined);
  const isAnswered = Object.keys(asked).every((key) => key in inputResponses);
  const next = isAnswered ? all.rounds[at + 1] : asked;
  if (next === undefined) return answered(all.text);
  const requests = next as Parameters<typeof inputRequired>[0]['inputRequests'];
  const state = await states.mint({ round: isAnswered ? at + 1 : at }, context);
  return inputRequired({ ...(requests !== undefined && { inputRequests: requests }), requestState: state });
}

function unknown(name: string): never {
  throw new ProtocolError(INVALID_PARAMS, `there is no ${name}`);
}
