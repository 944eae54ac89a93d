import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEnvelope, type ModernCall } from '../../src/modern/envelope.js';
import { ToolHeaders } from '../../src/modern/param-checks.js';
import { callOf, headersFor, request } from './requests.js';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
    inner: { type: 'object', properties: { deep: { type: 'string', 'x-mcp-header': 'Deep' } } },
    plain: { type: 'string' },
  },
};
const KEY = 'one client';

function known(inputSchema: unknown = SCHEMA): ToolHeaders {
  const headers = new ToolHeaders();
  headers.learn(KEY, { tools: [{ name: 'a', inputSchema }] });
  return headers;
}

type Args = Readonly<Record<string, unknown>>;
type Case = readonly [rule: string, args: Args, headers: Readonly<Record<string, string>>];

const AGREE: readonly Case[] = [
  ['no argument', {}, {}],
  ['no argument, whatever the header says', {}, { 'mcp-param-region': 'eu' }],
  ['null, whatever the header says', { region: null }, { 'mcp-param-region': 'eu' }],
  ['a text', { region: 'eu' }, { 'mcp-param-region': 'eu' }],
  ['a text in Base64', { region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8=?=' }],
  ['a text that no header can hold', { region: ' ü\n' }, { 'mcp-param-region': '=?base64?IMO8Cg==?=' }],
  ['a text that looks like Base64', { region: 'SGVsbG8=' }, { 'mcp-param-region': 'SGVsbG8=' }],
  ['Base64 without its end', { region: '=?base64?SGVsbG8=' }, { 'mcp-param-region': '=?base64?SGVsbG8=' }],
  ['an empty text', { region: '' }, { 'mcp-param-region': '' }],
  ['a whole number', { count: 42 }, { 'mcp-param-count': '42' }],
  ['a whole number, written as a fraction', { count: 42 }, { 'mcp-param-count': '42.0' }],
  ['a number that JavaScript cannot hold', { count: 2 ** 53 }, {}],
  ['a flag', { dry: false }, { 'mcp-param-dry-run': 'false' }],
  ['an argument in an object', { inner: { deep: 'x' } }, { 'mcp-param-deep': 'x' }],
  ['an argument for which no header was asked', { plain: 'x' }, {}],
  ['an object in place of a text', { region: {} }, {}],
  [
    'several',
    { region: 'eu', count: 1, dry: true },
    { 'mcp-param-region': 'eu', 'mcp-param-count': '1', 'mcp-param-dry-run': 'true' },
  ],
];

const DISAGREE: readonly Case[] = [
  ['no header', { region: 'eu' }, {}],
  ['another text', { region: 'eu' }, { 'mcp-param-region': 'us' }],
  ['a text in other letters', { region: 'eu' }, { 'mcp-param-region': 'EU' }],
  ['Base64 without its padding', { region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }],
  ['Base64 with other characters', { region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVs!!!bG8=?=' }],
  ['Base64 of another text', { region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8h?=' }],
  ['Base64 that is no UTF-8', { region: 'Hello' }, { 'mcp-param-region': '=?base64?/w==?=' }],
  ['another number', { count: 42 }, { 'mcp-param-count': '43' }],
  ['a number in another notation', { count: 42 }, { 'mcp-param-count': '0x2a' }],
  ['nothing for a number', { count: 0 }, { 'mcp-param-count': '' }],
  ['another flag', { dry: false }, { 'mcp-param-dry-run': 'true' }],
  ['a flag in other letters', { dry: true }, { 'mcp-param-dry-run': 'True' }],
  ['another argument in an object', { inner: { deep: 'x' } }, { 'mcp-param-deep': 'y' }],
  ['one of several', { region: 'eu', count: 1 }, { 'mcp-param-region': 'eu', 'mcp-param-count': '2' }],
];

const headersWith = (others: Readonly<Record<string, string>>): Headers =>
  headersFor('tools/call', { 'mcp-name': 'a', ...others });

describe('headers that repeat arguments agree', () => {
  it.each(AGREE)('%s', (_rule, args, headers) => {
    expect(
      known().check(KEY, callOf('tools/call', { name: 'a', arguments: args }), headersWith(headers)),
    ).toBeUndefined();
  });
});

describe('headers that repeat arguments disagree', () => {
  it.each(DISAGREE)('%s', (_rule, args, headers) => {
    const refusal = known().check(KEY, callOf('tools/call', { name: 'a', arguments: args }), headersWith(headers));
    expect(refusal).toMatchObject({ kind: 'refusal', status: 400, id: 1, error: { code: -32_020 } });
  });
});

// The specification says so. The SDK's own server is more lenient.
it.each([{ region: 'ü' }, {}])('a header with characters that it may not hold is refused: %j', (args) => {
  const call = callOf('tools/call', { name: 'a', arguments: args });
  const refusal = known().check(KEY, call, headersWith({ 'mcp-param-region': 'ü' }));
  expect(refusal).toMatchObject({ status: 400, error: { code: -32_020 } });
});

describe('the SDK’s own server decides the same', () => {
  const handler = createMcpHandler(serverWithHeaders, { legacy: 'reject' });
  afterAll(() => handler.close());

  function serverWithHeaders(): McpServer {
    const server = new McpServer({ name: 'server', version: '1' });
    const inputSchema = z.object({
      region: z.any().optional().meta({ type: 'string', 'x-mcp-header': 'Region' }),
      count: z.any().optional().meta({ type: 'integer', 'x-mcp-header': 'Count' }),
      dry: z.any().optional().meta({ type: 'boolean', 'x-mcp-header': 'Dry-Run' }),
      inner: z.object({ deep: z.string().meta({ 'x-mcp-header': 'Deep' }) }).optional(),
      plain: z.string().optional(),
    });
    server.registerTool('a', { inputSchema }, () => ({ content: [] }));
    return server;
  }

  it.each([...AGREE.map((each) => [...each, 200] as const), ...DISAGREE.map((each) => [...each, 400] as const)])(
    '%s',
    async (_rule, args, headers, expected) => {
      const all = headersWith(headers);
      all.set('content-type', 'application/json');
      all.set('accept', 'application/json, text/event-stream');
      const body = JSON.stringify(request('tools/call', { name: 'a', arguments: args }));
      const response = await handler.fetch(new Request('http://127.0.0.1/mcp', { method: 'POST', headers: all, body }));
      expect(response.status).toBe(expected);
      await response.body?.cancel();
    },
  );
});

describe('a tool is not checked', () => {
  const call = callOf('tools/call', { name: 'a', arguments: { region: 'eu' } });
  const none = headersWith({});

  it('that nobody has listed', () => {
    expect(new ToolHeaders().check(KEY, call, none)).toBeUndefined();
  });

  it('that only another client has seen', () => {
    expect(known().check('another client', call, none)).toBeUndefined();
  });

  it.each([
    ['a number as header', { properties: { region: { type: 'number', 'x-mcp-header': 'Region' } } }],
    ['a name that no header can have', { properties: { region: { type: 'string', 'x-mcp-header': 'a b' } } }],
    ['a header for what is in a list', { properties: { x: { items: { type: 'string', 'x-mcp-header': 'X' } } } }],
    [
      'the same header twice',
      { properties: { region: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } } },
    ],
  ])('that asks for %s, as no client may use it', (_rule, inputSchema) => {
    expect(known(inputSchema).check(KEY, call, none)).toBeUndefined();
  });

  it('that no longer asks for headers', () => {
    const headers = known();
    headers.learn(KEY, { tools: [{ name: 'a', inputSchema: { type: 'object' } }] });
    expect(headers.check(KEY, call, none)).toBeUndefined();
  });

  it('if it is a prompt with the same name', () => {
    const prompt = callOf('prompts/get', { name: 'a', arguments: { region: 'eu' } });
    expect(known().check(KEY, prompt, none)).toBeUndefined();
  });
});

it('a tool stays known when another page of the list comes', () => {
  const headers = known();
  headers.learn(KEY, { tools: [{ name: 'b', inputSchema: {} }] });
  const call = callOf('tools/call', { name: 'a', arguments: { region: 'eu' } });
  expect(headers.check(KEY, call, headersWith({}))).toMatchObject({ error: { code: -32_020 } });
});

it('of many clients, the oldest are forgotten', () => {
  const headers = new ToolHeaders();
  const list = { tools: [{ name: 'a', inputSchema: SCHEMA }] };
  for (let client = 0; client <= 1_000; client++) headers.learn(String(client), list);
  const call = callOf('tools/call', { name: 'a', arguments: { region: 'eu' } });
  const isKnown = (client: number): boolean => headers.check(String(client), call, headersWith({})) !== undefined;
  expect([isKnown(0), isKnown(1), isKnown(1_000)]).toEqual([false, true, true]);
});

it('any list can be learned, and any call be checked', () => {
  const schema = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.record(
        {
          type: fc.oneof(fc.constantFrom('string', 'object', 'integer'), fc.jsonValue({ maxDepth: 1 })),
          'x-mcp-header': fc.oneof(fc.constantFrom('A', '__proto__', ''), fc.jsonValue({ maxDepth: 1 })),
          properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('schema')),
          anyOf: fc.array(tie('schema'), { maxLength: 2 }),
        },
        { requiredKeys: [] },
      ),
    ),
  })).schema;
  const tools = fc.oneof(fc.array(fc.record({ name: fc.constantFrom('a', 1), inputSchema: schema })), fc.jsonValue());
  const args = fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue()), fc.jsonValue());
  fc.assert(
    fc.property(tools, args, fc.option(fc.string()), (listed, given, header) => {
      const headers = new ToolHeaders();
      headers.learn(KEY, { tools: listed });
      const call = readEnvelope(request('tools/call', { name: 'a', arguments: given }), headersWith({})) as ModernCall;
      const refusal = headers.check(KEY, call, { get: () => header });
      if (refusal !== undefined) expect(refusal).toMatchObject({ id: 1, status: 400, error: { code: -32_020 } });
    }),
    { numRuns: 500 },
  );
});
