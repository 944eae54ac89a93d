/** A client of revision 2026-07-28, the command, and the reference server from npm over both of its transports. */
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { called, connectTo } from '../modern/modern-client.js';
import { EVERYTHING_UPSTREAMS } from './everything-upstreams.js';
import { Started } from './support.js';

const DYNAMIC = 'demo://resource/dynamic/text';

// One command for all: the server takes its time to start, and must not mind what was before.
describe.each(Object.entries(EVERYTHING_UPSTREAMS))('server-everything over %s, a modern client', (kind, upstream) => {
  const started = new Started();
  let client: Client;
  let asked: string[];
  let action: 'accept' | 'decline' | 'cancel';

  beforeAll(async () => {
    const { url } = await started.endpoint(await upstream(started));
    ({ client, asked } = await connectTo(url, { name: 'Ann', token: 'ann' }));
    started.add(client);
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return action === 'accept' && params.mode !== 'url' ? { action, content: { name: 'Ada' } } : { action };
    });
  });
  beforeEach(() => {
    action = 'accept';
    asked.splice(0);
  });
  afterAll(async () => started.end());

  // The first, for it keeps them.
  it('is asked for its roots', async () => {
    expect(await called(client, 'get-roots-list')).toContain('file:///Ann');
    expect(new Set(asked)).toEqual(new Set(['roots']));
  });

  it.each([
    { answer: 'accept', told: 'Name: Ada' },
    { answer: 'decline', told: 'User declined' },
    { answer: 'cancel', told: 'User cancelled' },
  ] as const)('is asked for a form: $answer', async ({ answer, told }) => {
    action = answer;
    expect(await called(client, 'trigger-elicitation-request')).toContain(told);
    expect(asked).toEqual(['Please provide inputs for the following fields:']);
  });

  it.each([
    { answer: 'accept', told: 'User completed' },
    { answer: 'decline', told: 'User declined' },
  ] as const)('is asked to visit a page: $answer', async ({ answer, told }) => {
    action = answer;
    const args = { url: 'https://example.com/', message: 'visit' };
    expect(await called(client, 'trigger-url-elicitation', args)).toContain(told);
    expect(asked).toEqual(['visit']);
  });

  it('visits a page because of an error, and calls again', async () => {
    const args = { url: 'https://example.com/', message: 'then this', errorPath: true };
    expect(await called(client, 'trigger-url-elicitation', args)).toContain('User completed');
    expect(asked).toEqual([expect.stringContaining('satisfy the prerequisite'), 'then this']);
  });

  it('is asked for a sample', async () => {
    expect(await called(client, 'trigger-sampling-request', { prompt: 'hi' })).toContain('sampled by Ann');
    expect(asked).toEqual([expect.stringContaining('context: hi')]);
  });

  it('hears of progress', async () => {
    const heard: unknown[] = [];
    const args = { duration: 0.05, steps: 5 };
    const onprogress = (progress: unknown): void => void heard.push(progress);
    await client.callTool({ name: 'trigger-long-running-operation', arguments: args }, { onprogress });
    expect(heard).toEqual([1, 2, 3, 4, 5].map((progress) => ({ progress, total: 5 })));
  });

  it('lists the tools for what it can do, without those for tasks', async () => {
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['echo', 'trigger-url-elicitation', 'trigger-sampling-request']));
    expect(names).not.toContain('simulate-research-query');
  });

  it('lists prompts, and gets one', async () => {
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toContain('args-prompt');
    const { messages } = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Bern' } });
    expect(messages).toMatchObject([{ content: { text: expect.stringContaining('Bern') as string } }]);
  });

  it('lists resources and templates, and reads them', async () => {
    const { resources } = await client.listResources();
    const { uri = '' } = resources[0] ?? {};
    const { contents } = await client.readResource({ uri });
    expect(contents).toMatchObject([{ uri, text: expect.any(String) as string }]);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates).toMatchObject([{ uriTemplate: `${DYNAMIC}/{resourceId}` }, {}]);
    const dynamic = await client.readResource({ uri: `${DYNAMIC}/7` });
    expect(dynamic.contents).toMatchObject([{ text: expect.stringContaining('Resource 7') as string }]);
  });

  it('completes arguments, with their context', async () => {
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'name', value: '' },
      context: { arguments: { department: 'Sales' } },
    });
    expect(completion.values).toEqual(['David', 'Eve', 'Frank']);
  });

  it('is told that a resource has changed to which it listens', async () => {
    const uri = `${DYNAMIC}/2`;
    const updated: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updated.push(params.uri));
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [uri] });
    expect(await called(client, 'toggle-subscriber-updates')).toContain('Started');
    await expect.poll(() => updated).toContain(uri);
    expect(await called(client, 'toggle-subscriber-updates')).toContain('Stopped');
    await subscription.close();
  });

  it('leaves a call, and makes the next', async () => {
    const leaving = new AbortController();
    const args = { duration: 30, steps: 600 };
    const call = client.callTool(
      { name: 'trigger-long-running-operation', arguments: args },
      {
        signal: leaving.signal,
        onprogress: () => {
          leaving.abort();
        },
      },
    );
    await expect(call).rejects.toThrow();
    expect(await called(client, 'echo', { message: kind })).toBe(`Echo: ${kind}`);
  });
});
