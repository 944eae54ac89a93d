import { ResourceTemplate, completable, type McpServer } from '@modelcontextprotocol/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { modernStage, textOf, toolText, type Seen } from './modern-stage.js';

/** Asks for a header, as the SDK's server would if the schema came from a library. */
const withHeader = (name: unknown): z.ZodString => z.string().meta({ 'x-mcp-header': name });

function equip(server: McpServer): void {
  server.registerTool('plain', { inputSchema: z.object({ a: z.string() }) }, ({ a }) => toolText(a));
  server.registerTool('region', { inputSchema: z.object({ to: withHeader('Region') }) }, ({ to }) => toolText(to));
  server.registerTool('bad', { inputSchema: z.object({ to: withHeader('not a token') }) }, () => toolText('bad'));
  server.registerPrompt(
    'greet',
    { argsSchema: z.object({ name: completable(z.string(), () => ['ann', 'ben']) }) },
    ({ name }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `hello ${name}` } }],
    }),
  );
  server.registerResource('one', 'test://one', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'the text' }] }));
  server.registerResource('many', new ResourceTemplate('test://{id}', { list: undefined }), {}, (uri) => ({
    contents: [{ uri: uri.href, text: 'one of many' }],
  }));
}

beforeEach(() => {
  // The SDK warns of the odd tools.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const isCall = ({ body }: Seen): boolean => body.method === 'tools/call';

describe('a modern server, to a client of an earlier revision', () => {
  it('has a name, capabilities and the revision that the client asked for', async () => {
    const stage = await modernStage(equip, { serverOptions: { instructions: 'be kind' } });
    const client = await stage.connect();

    expect(client.getServerVersion()).toMatchObject({ name: 'modern', version: '1.2.3' });
    expect(client.getInstructions()).toBe('be kind');
    expect(client.getServerCapabilities()).toMatchObject({ tools: {}, prompts: {}, resources: {}, logging: {} });
    expect(stage.seen[0]?.body).toMatchObject({
      method: 'server/discover',
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'ann', version: '1.0.0' },
        },
      },
    });
  });

  it('lists what it has, without the tools that ask for headers they may not ask for', async () => {
    const stage = await modernStage(equip);
    const client = await stage.connect();

    const { tools, ...rest } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['plain', 'region']);
    expect(rest).toEqual({});
    await client.listTools();
    expect(stage.errors.map(({ message }) => message)).toEqual([expect.stringContaining('the tool bad is not listed')]);
    expect((await client.listPrompts()).prompts).toMatchObject([{ name: 'greet' }]);
    expect((await client.listResources()).resources).toMatchObject([{ uri: 'test://one' }]);
    expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([{ uriTemplate: 'test://{id}' }]);
  });

  it('gives prompts, resources and completions', async () => {
    const stage = await modernStage(equip);
    const client = await stage.connect();

    const prompt = await client.getPrompt({ name: 'greet', arguments: { name: 'ann' } });
    expect(prompt.messages).toEqual([{ role: 'user', content: { type: 'text', text: 'hello ann' } }]);
    expect(await client.readResource({ uri: 'test://one' })).toEqual({
      contents: [{ uri: 'test://one', text: 'the text' }],
    });
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'greet' },
      argument: { name: 'name', value: '' },
    });
    expect(completion.values).toEqual(['ann', 'ben']);
    await expect(client.readResource({ uri: 'other://none' })).rejects.toThrow('not found');
  });

  it.each(['eu', '', ' spaced ', 'Zürich', '=?base64?eA==?='])('gets the argument %j as a header, too', async (to) => {
    const stage = await modernStage(equip);
    const client = await stage.connect();
    await client.listTools();

    expect(textOf(await client.callTool({ name: 'region', arguments: { to } }))).toBe(to);
    expect(stage.seen.filter(isCall)).toHaveLength(1);
  });

  it('gets the header even if the client has listed no tools, for which they are listed once', async () => {
    const stage = await modernStage(equip);
    const client = await stage.connect();
    const call = { name: 'region', arguments: { to: 'eu' } };

    expect(textOf(await client.callTool(call))).toBe('eu');
    expect(textOf(await client.callTool(call))).toBe('eu');
    const methods = stage.seen.map(({ body }) => body.method).filter((method) => method.startsWith('tools/'));
    expect(methods).toEqual(['tools/call', 'tools/list', 'tools/call', 'tools/call']);
    expect(stage.seen.filter(isCall).at(-1)?.headers['mcp-param-region']).toBe('eu');
  });

  it('gets names in headers that HTTP allows', async () => {
    const stage = await modernStage((server) => {
      server.registerTool('größe', { inputSchema: z.object({}) }, () => toolText('here'));
    });
    const client = await stage.connect();

    expect(textOf(await client.callTool({ name: 'größe' }))).toBe('here');
    expect(stage.seen.find(isCall)?.headers).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?Z3LDtsOfZQ==?=',
      'mcp-protocol-version': '2026-07-28',
    });
  });

  it('is not asked what only a session knows', async () => {
    const stage = await modernStage(equip);
    const client = await stage.connect();

    await client.ping();
    await client.setLoggingLevel('info');
    await client.sendRootsListChanged();

    expect(stage.seen.map(({ body }) => body.method)).not.toContain('ping');
    expect(stage.seen.every(({ body }) => ['server/discover', 'subscriptions/listen'].includes(body.method))).toBe(
      true,
    );
    expect(stage.errors).toEqual([]);
  });
});
