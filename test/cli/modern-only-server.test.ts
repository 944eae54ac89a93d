/** A client of SDK 1.x, the command as it is, and a server that refuses all revisions before 2026-07-28. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
  type ElicitRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answering, textOf } from '../backends/modern/modern-stage.js';
import { FULL_BACKENDS, type FullBackend } from './full-backends.js';
import { Started, type Command } from './support.js';

describe.each(Object.entries(FULL_BACKENDS))('a server of 2026-07-28 over %s, a client of SDK 1.x', (kind, open) => {
  const started = new Started();
  const asked: ElicitRequest['params'][] = [];
  let action: 'accept' | 'decline' | 'cancel';
  let backend: FullBackend;
  let command: Command;
  let client: Client;

  beforeAll(async () => {
    backend = await open(started);
    let url: string;
    ({ command, url } = await started.endpoint(backend.args));
    client = answering({
      elicit: async (params) => {
        asked.push(params);
        return Promise.resolve(action === 'accept' ? { action, content: { answer: params.message } } : { action });
      },
    });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    started.add(client);
  });
  beforeEach(() => {
    action = 'accept';
    asked.splice(0);
  });
  afterAll(async () => started.end());

  const ask = async (what: string): Promise<unknown> =>
    JSON.parse(textOf(await client.callTool({ name: 'ask', arguments: { kind: what } })));

  it.each([
    { answer: 'accept', told: { action: 'accept', content: { answer: 'who?' } } },
    { answer: 'decline', told: { action: 'decline' } },
    { answer: 'cancel', told: { action: 'cancel' } },
  ] as const)('is asked for a form: $answer', async ({ answer, told }) => {
    action = answer;
    expect(await ask('form')).toEqual({ key: told });
  });

  it.each(['accept', 'decline'] as const)('is asked to visit a page: %s', async (answer) => {
    action = answer;
    expect(await ask('url')).toMatchObject({ key: { action } });
    expect(asked).toMatchObject([{ mode: 'url', message: 'visit', url: 'https://example.com/' }]);
  });

  it('is asked for a sample, and for its roots', async () => {
    expect(await ask('sample')).toMatchObject({ key: { content: { text: 'ann' } } });
    expect(await ask('roots')).toEqual({ key: { roots: [{ uri: 'file:///ann' }] } });
  });

  it('is asked twice in one round', async () => {
    expect(await ask('two')).toMatchObject({ a: { content: { answer: 'a' } }, b: { content: { answer: 'b' } } });
  });

  it('is asked in a chain of five rounds', async () => {
    expect(await ask('five')).toMatchObject({ k5: { content: { answer: '5' } } });
    expect(asked.map(({ message }) => message)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('waits while the server only wants its state back', async () => {
    expect(textOf(await client.callTool({ name: 'busy' }))).toBe('done');
    expect(asked).toEqual([]);
  });

  it('hears of progress', async () => {
    const heard: unknown[] = [];
    const onprogress = (progress: unknown): void => void heard.push(progress);
    expect(textOf(await client.callTool({ name: 'work' }, undefined, { onprogress }))).toBe('done');
    expect(heard).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3 })));
  });

  it('hears logs from the level on that it sets', async () => {
    const heard: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data));
    await client.callTool({ name: 'log' });
    expect(heard).toEqual([]);
    await client.setLoggingLevel('error');
    await client.callTool({ name: 'log' });
    expect(heard).toEqual(['it is error']);
    await client.setLoggingLevel('debug');
    await client.callTool({ name: 'log' });
    expect(heard.slice(1)).toEqual(['it is debug', 'it is info', 'it is error']);
  });

  it('lists, completes and reads', async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('region');
    expect((await client.listPrompts()).prompts).toMatchObject([{ name: 'greet' }]);
    expect((await client.listResources()).resources).toMatchObject([{ uri: 'test://one' }]);
    expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([{ uriTemplate: 'test://{id}' }]);
    const ref = { type: 'ref/prompt' as const, name: 'greet' };
    const { completion } = await client.complete({ ref, argument: { name: 'name', value: '' } });
    expect(completion.values).toEqual(['ann', 'ben']);
    const { messages } = await client.getPrompt({ name: 'greet', arguments: { name: 'ann' } });
    expect(messages).toMatchObject([{ content: { text: 'hello ann' } }]);
    const { contents } = await client.readResource({ uri: 'test://one' });
    expect(contents).toEqual([{ uri: 'test://one', text: 'the text' }]);
  });

  it('gives the arguments that the server wants as headers, too', async () => {
    expect(textOf(await client.callTool({ name: 'region', arguments: { to: 'Zürich' } }))).toBe('Zürich');
    if (backend.http !== undefined) expect(backend.http.regions).toEqual(['=?base64?WsO8cmljaA==?=']);
  });

  describe('that has subscribed', () => {
    const told: string[] = [];
    beforeAll(async () => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => void told.push('tools'));
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
      await client.subscribeResource({ uri: 'test://one' });
    });
    beforeEach(() => {
      told.splice(0);
    });

    // While one stream of changes takes the place of another, both tell of the list.
    it('is told of changes', async () => {
      await backend.change(client);
      await expect.poll(() => new Set(told)).toEqual(new Set(['test://one', 'tools']));
    });

    // Over stdio, the stream of changes is lost with the server only.
    if (kind !== 'stdio') {
      it('is told of what it may have missed when the stream of changes was lost', async () => {
        const { listens = [] } = backend.http ?? {};
        const before = listens.length;
        listens.at(-1)?.destroy();
        await expect.poll(() => told, { timeout: 10_000 }).toEqual(['tools', 'test://one']);
        expect(listens.length).toBe(before + 1);
        await backend.change(client);
        await expect.poll(() => told.slice(2)).toEqual(['test://one', 'tools']);
      });
    }

    it('is told no more when it has unsubscribed', async () => {
      await client.unsubscribeResource({ uri: 'test://one' });
      await backend.change(client);
      await expect.poll(() => told).toContain('tools');
      expect(told).not.toContain('test://one');
    });
  });

  it('cancels a call', async () => {
    const leaving = new AbortController();
    const onprogress = (): void => {
      leaving.abort();
    };
    const call = client.callTool({ name: 'hang' }, undefined, { signal: leaving.signal, onprogress });
    await expect(call).rejects.toThrow();
    await backend.cancelled(command);
    expect(textOf(await client.callTool({ name: 'busy' }))).toBe('done');
  });
});
