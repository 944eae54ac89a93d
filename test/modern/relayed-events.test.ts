/** What `events$` tells of calls that are passed on to a modern backend without a session, and what a carrier adds. */
import type { ProxyEvent, StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { toolText } from '../backends/modern/modern-stage.js';
import { closers } from '../proxy/support.js';
import { modernClient } from './modern-server.js';
import { openPost } from './raw-modern.js';
import { relays } from './relay-stage.js';

const open = relays();
const closing = closers();

async function stage(options: Partial<StatefulProxyOptions> = {}) {
  const opened = await open(options);
  const { client } = await modernClient(opened.url);
  closing(() => client.close());
  return { ...opened, client };
}

const ofCalls = (events: readonly ProxyEvent[]): readonly object[] =>
  events.flatMap((event) =>
    (event.kind === 'call' || event.kind === 'call-ended') && event.method === 'tools/call' ? [event] : [],
  );

describe('a call that is passed on without a session', () => {
  it('is told of, with its client and its outcome', async () => {
    const { client, events } = await stage();
    await client.callTool({ name: 'echo', arguments: { tag: 'a' } });
    expect(ofCalls(events)).toMatchObject([
      { kind: 'call', target: 'echo', client: expect.any(String) as string },
      { kind: 'call-ended', target: 'echo', outcome: 'result', durationMs: expect.any(Number) as number },
    ]);
    expect(events.map(({ kind }) => kind)).not.toContain('session-opened');
  });

  it('is told of as undelivered when the backend cannot be reached', async () => {
    const { client, events, backend } = await stage();
    await client.callTool({ name: 'echo', arguments: { tag: 'a' } });
    await backend.close();
    await expect(client.callTool({ name: 'echo', arguments: { tag: 'b' } })).rejects.toThrow();
    expect(ofCalls(events).at(-1)).toMatchObject({ kind: 'call-ended', outcome: 'undelivered' });
  });

  it.each(['\r', '\n\r\n', '\r\n'])('is told of with its result, if its stream has the line ends %j', async (end) => {
    const lines = [
      '\u{feff}data: {"method":"notifications/other"}',
      '',
      'data:{"id":7,',
      'data: "result":{"isError":true}}',
    ];
    const opened = await open({}, (text, response) => {
      if (!text.includes('"echo"')) return false;
      // Two of the line ends are an empty line.
      const body = [...lines, '', ''].join(end === '\n\r\n' ? '\n' : end).replaceAll('\n\n', '\n\r\n');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
      return true;
    });
    await (await openPost(opened.url, 'tools/call', { name: 'echo' }, { id: 7 })).text();
    expect(ofCalls(opened.events).at(-1)).toMatchObject({ kind: 'call-ended', id: 7, outcome: 'tool-error' });
  });

  it('is told of as cancelled when its client leaves', async () => {
    const { client, events, backend } = await stage();
    const leaving = new AbortController();
    const called = client.callTool({ name: 'hang', arguments: {} }, { signal: leaving.signal });
    await expect.poll(() => backend.seen.some(({ text }) => text.includes('"hang"'))).toBe(true);
    leaving.abort();
    await expect(called).rejects.toThrow();
    await expect
      .poll(() => events.slice(-2))
      .toMatchObject([
        { kind: 'call-cancelled', target: 'hang', reason: 'the client has left' },
        { kind: 'call-ended', target: 'hang', outcome: 'cancelled' },
      ]);
  });

  it('carries what is added to it', async () => {
    const carrier: StatefulProxyOptions['carrier'] = {
      toBackend: (session, message) => ({
        ...message,
        params: { ...(message.params as object), mark: typeof session },
      }),
      toClient: (_, message) => message,
    };
    const { client, backend } = await stage({ carrier });
    expect(await client.callTool({ name: 'echo', arguments: { tag: 'a' } })).toMatchObject(toolText('echo a'));
    const { text } = backend.seen.find((post) => post.text.includes('"echo"')) ?? { text: '{}' };
    expect(JSON.parse(text)).toMatchObject({ params: { name: 'echo', mark: 'string' } });
  });
});
