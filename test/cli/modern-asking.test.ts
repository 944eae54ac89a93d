/** A client of revision 2026-07-28, the command, and a server of SDK 1.x that asks in all the ways there are. */
import { isInputRequiredResult, specTypeSchemas, withInputRequired, type Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serve } from '../../examples/lib/serve.js';
import { askingBackend, FILE } from '../modern/asking-backend.js';
import { called, connectTo, type Connected } from '../modern/modern-client.js';
import { Journal } from '../modern/legacy-backend.js';
import { Started, type Command } from './support.js';
import { programArgs } from '../support/built-programs.js';

const PROGRAM = new URL('../modern/asking-program.ts', import.meta.url);

interface Backend {
  /** What follows the options of the command. */
  readonly args: readonly string[];
  readonly cancelled: (tag: string, command: Command) => Promise<unknown>;
}

const BACKENDS: Readonly<Record<string, (started: Started) => Promise<Backend>>> = {
  stdio: async () =>
    Promise.resolve({
      args: ['--', process.execPath, ...programArgs(PROGRAM)],
      cancelled: async (tag, command) => command.line(new RegExp(`cancelled ${tag}`)),
    }),
  'Streamable HTTP': async (started) => {
    const journal = new Journal();
    const { url, close } = await serve({
      onSession: async (transport) => {
        await askingBackend(journal).connect(transport);
        return transport;
      },
    });
    started.add({ close });
    return {
      args: ['--url', url],
      cancelled: async (tag) => expect.poll(() => journal.cancelled).toContain(tag),
    };
  },
};

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

describe.each(Object.entries(BACKENDS))('a server of SDK 1.x over %s, a modern client', (_kind, open) => {
  const started = new Started();
  let backend: Backend;
  let command: Command;
  let url: string;
  let client: Client;
  let asked: string[];

  const connect = async (options: Parameters<typeof connectTo>[1]): Promise<Connected> => {
    const connected = await connectTo(url, options);
    started.add(connected.client);
    return connected;
  };

  beforeAll(async () => {
    backend = await open(started);
    ({ command, url } = await started.endpoint(backend.args));
    ({ client, asked } = await connect({ name: 'Ann', token: 'ann' }));
  });
  beforeEach(() => {
    asked.splice(0);
  });
  afterAll(async () => started.end());

  it.each([
    { tag: 'visit', told: 'accept' },
    { tag: 'decline to visit', told: 'decline' },
  ])('is asked to visit a page: $told', async ({ tag, told }) => {
    expect(await called(client, 'url', { tag })).toBe(told);
    expect(asked).toEqual([tag]);
  });

  it('visits a page because of an error, and calls again', async () => {
    expect(await called(client, 'visit', { tag: 'go' })).toBe('visited');
    expect(asked).toEqual(['go']);
  });

  it('is asked for a sample, in which it may use tools', async () => {
    const tools = await connect({ name: 'Ben', token: 'ann', capabilities: { sampling: { tools: {} } } });
    expect(await called(tools.client, 'sample with tools', { tag: 's' })).toContain('sampled by Ben');
    expect(tools.asked).toEqual([expect.stringContaining('"s"')]);
  });

  it('is not asked for a sample with tools if it has none', async () => {
    const call = called(client, 'sample with tools', { tag: 's' });
    await expect(call).rejects.toMatchObject({ code: -32021 });
    expect(asked).toEqual([]);
  });

  it('is asked twice in one round', async () => {
    const params = { name: 'two', arguments: { tag: 't' } };
    const schema = withInputRequired(specTypeSchemas.CallToolResult);
    const request = { method: 'tools/call', params };
    const result = await client.request(request, schema, { allowInputRequired: true });
    const { inputRequests = {} } = isInputRequiredResult(result) ? result : {};
    expect(Object.values(inputRequests)).toMatchObject([
      { params: { message: 't a' } },
      { params: { message: 't b' } },
    ]);
    expect(await called(client, 'two', { tag: 'u' })).toBe('Ann: u a, Ann: u b');
  });

  it('is asked in a chain of five rounds', async () => {
    const messages = [1, 2, 3, 4, 5].map((at) => `c ${at}`);
    expect(await called(client, 'chain', { tag: 'c', length: 5 })).toBe(
      messages.map((each) => `Ann: ${each}`).join(', '),
    );
    expect(asked).toEqual(messages);
  });

  it('is asked by a prompt', async () => {
    const { messages } = await client.getPrompt({ name: 'asks' });
    expect(messages).toMatchObject([{ content: { text: 'Ann: for a prompt' } }]);
  });

  it('is asked by a resource', async () => {
    const { contents } = await client.readResource({ uri: FILE });
    expect(contents).toMatchObject([{ uri: FILE, text: 'Ann: for a resource' }]);
  });

  it('completes an argument', async () => {
    const ref = { type: 'ref/prompt' as const, name: 'asks' };
    const { completion } = await client.complete({ ref, argument: { name: 'a', value: 'hi' } });
    expect(completion.values).toEqual(['hi!']);
  });

  it.each([
    { level: undefined, told: [] },
    { level: 'warning', told: ['warning l', 'error l'] },
    { level: 'debug', told: ['debug l', 'info l', 'warning l', 'error l'] },
  ])('hears logs from the level on that it asks for: $level', async ({ level, told }) => {
    const heard: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void heard.push(params.data));
    const meta = level === undefined ? {} : { [LOG_LEVEL]: level };
    await client.callTool({ name: 'logs', arguments: { tag: 'l' }, _meta: meta });
    expect(heard).toEqual(told);
  });

  it('is told of changes to which it listens', async () => {
    const told: unknown[] = [];
    client.setNotificationHandler('notifications/tools/list_changed', () => void told.push('tools'));
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void told.push(params.uri));
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: [FILE] });
    await called(client, 'change', { tag: FILE });
    await expect.poll(() => told).toEqual(['tools', FILE]);
    await subscription.close();
  });

  it('cancels a call by closing its stream', async () => {
    const leaving = new AbortController();
    const heard: unknown[] = [];
    const call = client.callTool(
      { name: 'hang', arguments: { tag: 'h' } },
      { signal: leaving.signal, onprogress: (progress) => void heard.push(progress) },
    );
    await expect.poll(() => heard).toHaveLength(3);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await backend.cancelled('h', command);
    expect(await called(client, 'echo', { tag: 'e' })).toBe('echo e');
  });
});
