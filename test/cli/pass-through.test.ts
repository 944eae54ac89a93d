/** Modern clients in front of a modern backend, through the command. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { modernClient, modernServer, type AskedClient, type ModernServer } from '../modern/modern-server.js';
import { openPost, post } from '../modern/raw-modern.js';
import { toolText } from '../backends/modern/modern-stage.js';
import { healthOf, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const methodsOf = ({ seen }: ModernServer): string[] =>
  seen.flatMap(({ text }) => (text === '' ? [] : [(JSON.parse(text) as { method: string }).method]));

async function connected(url: string): Promise<AskedClient> {
  const { client, asked } = await modernClient(url);
  started.add({ close: async () => client.close() });
  return { client, asked };
}

describe.each([
  ['found out', []],
  ['named', ['--upstream-protocol', 'modern']],
])('a modern client of a modern server whose revision is %s', (_, options) => {
  it('has what it has without us', async () => {
    const server = started.add(await modernServer());
    const { url, command } = await started.endpoint(['--url', server.url, ...options]);
    const { client, asked } = await connected(url);

    const [steps, logs]: [number[], unknown[]] = [[], []];
    client.setNotificationHandler('notifications/message', ({ params }) => void logs.push(params.data));
    expect(await client.callTool({ name: 'twice', arguments: {} })).toMatchObject(
      toolText('state of a first+a second'),
    );
    expect(asked).toEqual(['first', 'second']);

    const onprogress = ({ progress }: { readonly progress: number }): void => void steps.push(progress);
    await client.callTool({ name: 'steps', arguments: {} }, { onprogress });
    expect(steps).toEqual([1, 2, 3]);

    const _meta = { 'io.modelcontextprotocol/logLevel': 'info' as const };
    await client.callTool({ name: 'logs', arguments: {}, _meta });
    expect(logs).toEqual(['a warning']);

    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', () => {
        resolve();
      });
    });
    const subscription = await client.listen({ toolsListChanged: true });
    server.handler.notify.toolsChanged();
    await changed;
    await subscription.close();
    await server.seen.find(({ text }) => text.includes('subscriptions/listen'))?.gone;

    const leaving = new AbortController();
    const call = client.callTool({ name: 'hang', arguments: {} }, { signal: leaving.signal });
    const failed = expect(call).rejects.toThrow();
    await expect.poll(() => server.seen.at(-1)?.text).toContain('"hang"');
    leaving.abort();
    await failed;
    await server.seen.at(-1)?.gone;

    expect(await healthOf(url)).toMatchObject({ sessions: 0, suspended: 0 });
    expect(methodsOf(server)).not.toContain('initialize');
    expect(command.stderr.filter((line) => !line.includes('serves'))).toEqual([]);
  });

  it('is refused if its headers contradict its message, before the server sees it', async () => {
    const server = started.add(await modernServer());
    const { url } = await started.endpoint(['--url', server.url, ...options]);
    const { status, last } = await post(url, 'tools/list', {}, { headers: { 'mcp-method': 'tools/call' } });
    expect([status, last.error?.code]).toEqual([400, -32_020]);
    expect(methodsOf(server)).not.toContain('tools/list');
  });

  it('shares the server with clients of earlier revisions', async () => {
    const server = started.add(await modernServer());
    const { url } = await started.endpoint(['--url', server.url, ...options]);
    const legacy = await started.client(url);
    const { client } = await connected(url);
    expect(await client.callTool({ name: 'echo', arguments: { tag: 'a' } })).toMatchObject(toolText('echo a'));
    expect(await legacy.callTool('twice')).toBe('state of Ada+Ada');
    expect(await healthOf(url)).toMatchObject({ sessions: 1 });
  });

  it('may repeat a call of which this process knows nothing', async () => {
    const server = started.add(await modernServer());
    const { url } = await started.endpoint(['--url', server.url, ...options]);
    const inputResponses = { second: { action: 'accept', content: { answer: 'late' } } };
    const retry = { name: 'twice', arguments: {}, requestState: 'elsewhere', inputResponses };
    const { last } = await post(url, 'tools/call', retry, { capabilities: { elicitation: { form: {} } } });
    expect(last.result).toMatchObject(toolText('elsewhere+late'));
  });
});

describe('a modern client', () => {
  it('is passed through to a server of both eras, which others still ask for a session', async () => {
    const server = started.add(await modernServer({ legacy: 'stateless' }));
    const { url } = await started.endpoint(['--url', server.url]);
    const { client } = await connected(url);
    expect(await client.callTool({ name: 'echo', arguments: { tag: 'a' } })).toMatchObject(toolText('echo a'));
    expect(await healthOf(url)).toMatchObject({ sessions: 0 });
    await started.client(url);
    expect(methodsOf(server)).toContain('initialize');
  });

  it('asks for the revision of the server once, however many come at once', async () => {
    const server = started.add(await modernServer());
    const { url } = await started.endpoint(['--url', server.url]);
    await Promise.all(
      ['a', 'b', 'c'].map(async (tag) => post(url, 'tools/call', { name: 'echo', arguments: { tag } })),
    );
    expect(methodsOf(server)).toEqual(['server/discover', 'tools/call', 'tools/call', 'tools/call']);
  });

  it('of a legacy server has the door, which it still has after the server was asked', async () => {
    const { url: backend } = await started.backendOverHttp();
    const { url } = await started.endpoint(['--url', backend]);
    const { client, asked } = await connected(url);
    const { content } = await client.callTool({ name: 'ask', arguments: { tag: 'who' } });
    expect(JSON.stringify(content)).toContain('who');
    expect(asked).toHaveLength(1);
    expect(await healthOf(url)).not.toMatchObject({ sessions: 0 });
  });

  it('finds a legacy server in the place of a modern one, and the other way round', async () => {
    let isModern = true;
    const met: string[] = [];
    const intercept = (text: string, response: ServerResponse): boolean => {
      if (isModern) return false;
      met.push((JSON.parse(text) as { method: string }).method);
      response.writeHead(400).end('Bad Request: no session id');
      return true;
    };
    const server = started.add(await modernServer({ intercept }));
    const { url } = await started.endpoint(['--url', server.url]);
    const call = async (): Promise<unknown> =>
      (await post(url, 'tools/call', { name: 'echo', arguments: { tag: 'a' } })).last.result?.['content'];

    expect(await call()).toEqual(toolText('echo a').content);
    isModern = false;
    expect([await call(), await call()]).toEqual([undefined, undefined]);
    expect(met).toEqual(['tools/call', 'server/discover', 'initialize']);
    isModern = true;
    await call();
    expect(await call()).toEqual(toolText('echo a').content);
    expect(methodsOf(server).at(-1)).toBe('tools/call');
  });

  it('is not served with --no-modern', async () => {
    const server = started.add(await modernServer());
    const { url } = await started.endpoint(['--no-modern', '--url', server.url]);
    expect((await openPost(url, 'tools/list', {}, {})).status).toBe(400);
    expect(server.seen).toEqual([]);
  });
});
