/** What `events$` tells of calls that are passed on to a modern backend without a session, and what a carrier adds. */
import { createServer } from 'node:http';
import { createStatefulProxy, type ProxyEvent, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { HttpConnections } from '../../src/backends/http/index.js';
import { HttpRelay } from '../../src/backends/modern/index.js';
import { toolText } from '../backends/modern/modern-stage.js';
import { closers, listen } from '../proxy/support.js';
import { modernClient, modernServer } from './modern-server.js';

const closing = closers();

async function stage(options: Partial<StatefulProxyOptions> = {}) {
  const backend = await modernServer();
  closing(() => backend.close());
  const relay = new HttpRelay(new URL(backend.url), {
    connections: new HttpConnections(),
    headers: {},
    passHeaders: [],
    credentialHeaders: [],
    hide: () => ({ redactCut: (text) => text, redacted: (error) => error, end: () => undefined }),
  });
  const upstream = (): never => {
    throw new Error('no session is needed');
  };
  const proxy = createStatefulProxy({ upstream, modernBackend: () => relay, ...options });
  const events: ProxyEvent[] = [];
  proxy.events$.subscribe((event) => events.push(event));
  const http = createServer(proxy.listener);
  const url = await listen(http);
  closing(async () => {
    await proxy.close();
    http.closeAllConnections();
    http.close();
  });
  const { client } = await modernClient(url);
  closing(() => client.close());
  return { backend, events, client };
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
