/** The tools that the scenarios call, under the names that the scenarios use. */
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
import { PNG, WAV } from './samples.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Args = Readonly<Record<string, unknown>>;
type Content = CallToolResult['content'];
type Schema = ElicitRequestFormParams['requestedSchema'];

interface ToolDefinition {
  readonly description: string;
  readonly inputSchema?: Tool['inputSchema'];
  readonly call: (args: Args, extra: Extra) => Content | Promise<Content>;
}

/** Between two messages of a tool that takes its time. */
const PAUSE_MS = 50;

const IMAGE = { type: 'image', data: PNG, mimeType: 'image/png' } as const;

export const TOOLS: Readonly<Record<string, ToolDefinition>> = {
  test_simple_text: { description: 'Answers with text', call: () => text('Nothing but text.') },
  test_image_content: { description: 'Answers with an image', call: () => [IMAGE] },
  test_audio_content: {
    description: 'Answers with sound',
    call: () => [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  },
  test_embedded_resource: {
    description: 'Answers with a resource',
    call: () => [resource('test://embedded-resource', 'text/plain', 'The text of a resource.')],
  },
  test_multiple_content_types: {
    description: 'Answers with text, an image and a resource',
    call: () => [
      ...text('Three kinds of content:'),
      IMAGE,
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_error_handling: {
    description: 'Fails, always',
    call: () => {
      throw new Error('This tool fails on purpose.');
    },
  },
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
  json_schema_2020_12_tool: {
    description: 'Has an input schema with keywords of JSON Schema 2020-12',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
      },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    },
    call: (args) => text(JSON.stringify(args)),
  },
};

export function text(value: string): Content & { type: 'text' }[] {
  return [{ type: 'text', text: value }];
}

function resource(uri: string, mimeType: string, value: string): Content[number] & { type: 'resource' } {
  return { type: 'resource', resource: { uri, mimeType, text: value } };
}

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
