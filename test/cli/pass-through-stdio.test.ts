/** Modern clients in front of a modern server that is run as a command: one process serves them all. */
import { afterEach, describe, expect, it } from 'vitest';
import { modernClient, type AskedClient } from '../modern/modern-server.js';
import { openPost, post, type RawAnswer } from '../modern/raw-modern.js';
import { toolText } from '../backends/modern/modern-stage.js';
import { healthOf, Started, type Command } from './support.js';
import { programArgs } from '../support/built-programs.js';

const started = new Started();
afterEach(async () => started.end());

const PROGRAM = new URL('../backends/modern/stdio-program.ts', import.meta.url);
const SERVER = ['--', process.execPath, ...programArgs(PROGRAM)];

async function endpoint(...options: string[]): Promise<{ command: Command; url: string }> {
  return started.endpoint(['--upstream-protocol', 'modern', ...options, ...SERVER]);
}

async function connected(url: string): Promise<AskedClient> {
  const asked = await modernClient(url);
  started.add({ close: async () => asked.client.close() });
  return asked;
}

const call = async (url: string, name: string, id: string | number, meta: object = {}): Promise<RawAnswer> =>
  post(
    url,
    'tools/call',
    { name, arguments: { tag: `of ${id}` } },
    { id, meta, capabilities: { elicitation: { form: {} } } },
  );

describe('a modern client of a modern server over stdio', () => {
  it('is asked, and told of progress and changes', async () => {
    const { url } = await endpoint();
    const { client, asked } = await connected(url);
    const steps: number[] = [];
    const onprogress = ({ progress }: { readonly progress: number }): void => void steps.push(progress);
    const result = await client.callTool({ name: 'ask', arguments: { tag: 'who' } }, { onprogress });
    expect(result).toMatchObject(toolText('who: a who'));
    expect(asked).toEqual(['who']);
    // The client itself reports each round in between.
    expect(steps).toEqual([1, 1, 2]);

    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', () => {
        resolve();
      });
    });
    const subscription = await client.listen({ toolsListChanged: true });
    await client.callTool({ name: 'touch', arguments: {} });
    await changed;
    await subscription.close();
    expect(await healthOf(url)).toMatchObject({ sessions: 0, suspended: 0 });
  });

  it('gets what is its own, though others use the same ids and tokens', async () => {
    const { url, command } = await endpoint();
    const meta = { progressToken: 1, 'io.modelcontextprotocol/logLevel': 'info' };
    const answers = await Promise.all(
      ['a', 'b', 'c'].map(async (tag) =>
        post(
          url,
          'tools/call',
          { name: 'ask', arguments: { tag } },
          { id: 1, meta, capabilities: { elicitation: { form: {} } } },
        ),
      ),
    );
    for (const [at, { messages }] of answers.entries()) {
      const tag = ['a', 'b', 'c'][at];
      expect(messages.map(({ method }) => method).sort()).toEqual([
        'notifications/message',
        'notifications/progress',
        undefined,
      ]);
      expect(messages.find(({ method }) => method === 'notifications/progress')?.params).toMatchObject({
        progressToken: 1,
      });
      expect(messages.find(({ method }) => method === 'notifications/message')?.params).toMatchObject({ data: tag });
      expect(messages.at(-1)).toMatchObject({
        id: 1,
        result: { inputRequests: { who: { params: { message: tag } } } },
      });
      expect(JSON.stringify(messages)).not.toContain('mcp-backchannel');
    }
    expect(command.stderr.filter((line) => !line.includes('serves'))).toEqual([]);
  });

  it('has its subscription under its own id', async () => {
    const { url } = await endpoint();
    const leaving = new AbortController();
    const filter = { notifications: { toolsListChanged: true } };
    const response = await openPost(url, 'subscriptions/listen', filter, { signal: leaving.signal, id: 77 });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const text = (await reader?.read())?.value ?? '';
    expect(text).toContain('notifications/subscriptions/acknowledged');
    expect(text).toContain('"io.modelcontextprotocol/subscriptionId":77');
    expect(text).not.toContain('mcp-backchannel');
    leaving.abort();
  });

  it('cancels its call by leaving', async () => {
    const { url, command } = await endpoint();
    const { client } = await connected(url);
    const leaving = new AbortController();
    const failed = expect(
      client.callTool({ name: 'hang', arguments: {} }, { signal: leaving.signal }),
    ).rejects.toThrow();
    await command.line(/hangs$/);
    expect(await healthOf(url)).toMatchObject({ inFlight: 1 });
    leaving.abort();
    await failed;
    await command.line(/cancelled$/);
    expect(await healthOf(url)).toMatchObject({ inFlight: 0 });
  });

  it('is told that the server has died, and finds a new one', async () => {
    const { url } = await endpoint();
    const { status, last } = await call(url, 'die', 5);
    expect([status, last.id, last.error?.code]).toEqual([502, 5, -32_603]);
    expect((await call(url, 'touch', 6)).last.result).toMatchObject(toolText('touched'));
  });

  it('gets the status that an error has over HTTP', async () => {
    const { url } = await endpoint();
    const { status, last } = await post(url, 'no/such', {}, { id: 3 });
    expect([status, last.id, last.error?.code]).toEqual([404, 3, -32_601]);
  });

  it('leaves no process behind', async () => {
    const { url, command } = await endpoint();
    await call(url, 'touch', 1);
    command.process.kill('SIGTERM');
    expect(await command.exit).toEqual({ code: 0, signal: null });
  });

  it('has a session until its first call has shown what the server is, and none afterwards', async () => {
    const { url } = await started.endpoint(SERVER);
    const { client, asked } = await connected(url);
    expect(await client.callTool({ name: 'ask', arguments: { tag: 'who' } })).toMatchObject(toolText('who: a who'));
    expect(asked).toEqual(['who']);
    const { sessions } = (await healthOf(url)) as { readonly sessions: number };
    expect(sessions).toBe(1);
    await Promise.all([1, 2, 3].map(async (id) => call(url, 'touch', id)));
    expect(await healthOf(url)).toMatchObject({ sessions: 1 });
  });
});
