/** The tools that need nothing but their arguments, under the names that the scenarios use. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import { PNG, WAV } from './samples.js';

type Content = CallToolResult['content'];

interface SimpleTool {
  readonly description: string;
  readonly inputSchema?: Tool['inputSchema'];
  readonly call: (args: Readonly<Record<string, unknown>>) => Content;
}

/** Has an argument that clients repeat in a header. */
export const HEADER_TOOL = 'test_header_tool';
export const HEADER_SCHEMA = {
  type: 'object' as const,
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
};

const IMAGE = { type: 'image', data: PNG, mimeType: 'image/png' } as const;

export const SIMPLE_TOOLS: Readonly<Record<string, SimpleTool>> = {
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
  json_schema_2020_12_tool: {
    description: 'Has an input schema with keywords of JSON Schema 2020-12',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          $anchor: 'address',
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
      },
      properties: { name: { type: 'string' }, email: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      allOf: [{ anyOf: [{ required: ['name'] }, { required: ['email'] }] }],
      if: { required: ['address'] },
      then: { required: ['name'] },
      else: {},
      additionalProperties: false,
    },
    call: (args) => text(JSON.stringify(args)),
  },
  [HEADER_TOOL]: {
    description: 'Wants an argument as a header, too',
    inputSchema: HEADER_SCHEMA,
    call: ({ region }) => text(`The region is ${String(region)}.`),
  },
};

export function text(value: string): Content & { type: 'text' }[] {
  return [{ type: 'text', text: value }];
}

function resource(uri: string, mimeType: string, value: string): Content[number] & { type: 'resource' } {
  return { type: 'resource', resource: { uri, mimeType, text: value } };
}
