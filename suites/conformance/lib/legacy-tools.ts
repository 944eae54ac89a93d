/** What the scenarios call of a server of the revisions up to 2025-11-25, under the names that the scenarios use. */
import { setTimeout } from 'node:timers/promises';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  type CallToolResult,
  type ElicitRequestFormParams,
  type ServerNotification,
  type ServerRequest,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { SIMPLE_TOOLS, text } from './tools.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Content = CallToolResult['content'];
type Schema = ElicitRequestFormParams['requestedSchema'];

interface LegacyTool {
  readonly description: string;
  readonly inputSchema?: Tool['inputSchema'];
  readonly call: (args: Readonly<Record<string, unknown>>, extra: Extra) => Content | Promise<Content>;
}

/** Between two messages of a tool that takes its time. */
const PAUSE_MS = 50;

/** Tools that say or ask something while they run. */
const TALKING_TOOLS: Readonly<Record<string, LegacyTool>> = {
  test_tool_with_logging: {
    description: 'Logs three times while it runs',
    call: async (_args, extra) => {
      for (const data of ['started', 'at work', 'done']) {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
        await setTimeout(PAUSE_MS);
      }
      return text('Logged three times.');
    },
  },
  test_logging_tool: {
    description: 'Logs while it runs',
    call: async (_args, extra) => {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'at work' } });
      return text('Logged.');
    },
  },
  test_tool_with_progress: {
    description: 'Reports progress three times while it runs',
    call: async (_args, extra) => {
      const progressToken = extra._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        const params = progressToken === undefined ? undefined : { progressToken, progress, total: 100 };
        if (params !== undefined) await extra.sendNotification({ method: 'notifications/progress', params });
        await setTimeout(PAUSE_MS);
      }
      return text('Done, step by step.');
    },
  },
  test_sampling: {
    description: 'Has the client sample a language model',
    inputSchema: requiring('prompt'),
    call: async ({ prompt }, extra) => {
      const content = { type: 'text', text: String(prompt) } as const;
      const params = { messages: [{ role: 'user', content } as const], maxTokens: 100 };
      const sampled = await extra.sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
      return text(`The model says: ${JSON.stringify(sampled.content)}`);
    },
  },
  test_elicitation: {
    description: 'Asks the user for a name and an address',
    inputSchema: requiring('message'),
    call: async ({ message }, extra) =>
      ask(extra, String(message), {
        type: 'object',
        properties: { username: { type: 'string' }, email: { type: 'string', format: 'email' } },
        required: ['username', 'email'],
      }),
  },
  test_elicitation_sep1034_defaults: {
    description: 'Asks with defaults of every primitive type',
    call: async (_args, extra) =>
      ask(extra, 'Are these right?', {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      }),
  },
  test_elicitation_sep1330_enums: {
    description: 'Asks with every kind of choice',
    call: async (_args, extra) => ask(extra, 'Which ones?', { type: 'object', properties: choices() }),
  },
  test_reconnection: {
    description: 'Closes the stream of its call, and answers when the client may have come back',
    call: async (_args, extra) => {
      extra.closeSSEStream?.();
      await setTimeout(2 * PAUSE_MS);
      return text('Answered after the stream was closed.');
    },
  },
};

export const LEGACY_TOOLS: Readonly<Record<string, LegacyTool>> = { ...SIMPLE_TOOLS, ...TALKING_TOOLS };

async function ask(extra: Extra, message: string, requestedSchema: Schema): Promise<Content> {
  const { action, content } = await extra.sendRequest(
    { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
    ElicitResultSchema,
  );
  return text(`The user has chosen ${action}: ${JSON.stringify(content ?? {})}`);
}

function requiring(argument: string): Tool['inputSchema'] {
  return { type: 'object', properties: { [argument]: { type: 'string' } }, required: [argument] };
}

function choices(): Schema['properties'] {
  const values = ['option1', 'option2', 'option3'];
  const titled = values.map((_, index) => ({
    const: `value${String(index + 1)}`,
    title: `Choice ${String(index + 1)}`,
  }));
  return {
    untitledSingle: { type: 'string', enum: values },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: values } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  };
}
