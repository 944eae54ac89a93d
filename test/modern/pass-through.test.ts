/** A modern client in front of a modern backend, with both SDKs, over real HTTP: nothing is translated or kept. */
import { createServer } from 'node:http';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { HttpConnections } from '../../src/backends/http/index.js';
import { HttpRelay } from '../../src/backends/modern/index.js';
import { toolText } from '../backends/modern/modern-stage.js';
import { closers, listen } from '../proxy/support.js';
import { modernClient, modernServer, type AskedClient, type ModernServer } from './modern-server.js';
import { initOf, openPost, post } from './raw-modern.js';

interface Stage {
  readonly url: string;
  readonly proxy: StatefulProxy;
  readonly seen: ModernServer['seen'];
  readonly errors: Error[];
  readonly handler: ModernServer['handler'];
  readonly endBackend: () => void;
  readonly connect: () => Promise<AskedClient>;
}

const closing = closers();

async function stage(options: Partial<StatefulProxyOptions> = {}): Promise<Stage> {
  const errors: Error[] = [];
  const backend = await modernServer();
  closing(() => backend.close());
  const relay = new HttpRelay(new URL(backend.url), {
    connections: new HttpConnections(),
    headers: { 'x-key': 'ours' },
    passHeaders: ['x-user'],
    credentialHeaders: ['x-user'],
    hide: () => ({ redactCut: (text) => text, redacted: (error) => error, end: () => undefined }),
  });
  const proxy = createStatefulProxy({
    upstream: () => {
      throw new Error('no session is needed');
    },
    modernBackend: () => relay,
    onerror: (error) => errors.push(error),
    ...options,
  });
  const http = createServer(proxy.listener);
  const url = await listen(http);
  closing(async () => {
    await proxy.close();
    http.closeAllConnections();
    http.close();
  });
  const connect = async (): Promise<AskedClient> => {
    const connected = await modernClient(url);
    closing(() => connected.client.close());
    return connected;
  };
  return {
    url,
    proxy,
    seen: backend.seen,
    errors,
    handler: backend.handler,
    endBackend: () => {
      backend.end();
    },
    connect,
  };
}

describe('a modern client in front of a modern backend', () => {
  it('lists and calls tools without a session', async () => {
    const { connect, proxy, errors } = await stage();
    const { client } = await connect();
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
    expect(await client.callTool({ name: 'echo', arguments: { tag: 'a' } })).toMatchObject(toolText('echo a'));
    expect(client.getServerVersion()).toMatchObject({ name: 'modern' });
    expect(proxy.snapshot()).toMatchObject({ sessions: 0, suspended: 0 });
    expect(errors).toEqual([]);
  });

  it('is asked in two rounds, and returns the state of the backend itself', async () => {
    const { connect, seen } = await stage();
    const { client, asked } = await connect();
    expect(await client.callTool({ name: 'twice', arguments: {} })).toMatchObject(
      toolText('state of a first+a second'),
    );
    expect(asked).toEqual(['first', 'second']);
    const states = seen.map(({ text }) => (JSON.parse(text) as { params: { requestState?: string } }).params);
    expect(states.map(({ requestState }) => requestState).filter(Boolean)).toEqual(['begun', 'state of a first']);
  });

  it('gets progress', async () => {
    const { connect } = await stage();
    const { client } = await connect();
    const steps: number[] = [];
    const onprogress = ({ progress }: { readonly progress: number }): void => void steps.push(progress);
    await client.callTool({ name: 'steps', arguments: {} }, { onprogress });
    expect(steps).toEqual([1, 2, 3]);
  });

  it('is passed on byte for byte, with the headers that belong to the message', async () => {
    const { url, seen } = await stage();
    const body =
      '{ "jsonrpc":"2.0","id":12345678901234567890123,  "method":"tools/call","params":{"name":"echo",' +
      '"arguments":{"tag":"\\u00e9é","n":1.0000000000000000001e400},"_meta":{"io.modelcontextprotocol/protocolVersion":' +
      '"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}\n';
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'echo',
        'mcp-param-region': 'eu',
        'x-user': 'ann',
        'x-other': 'kept here',
      },
    });
    await response.text();
    expect(seen.at(-1)?.text).toBe(body);
    expect(seen.at(-1)?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
      'mcp-param-region': 'eu',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'x-key': 'ours',
      'x-user': 'ann',
    });
    expect(seen.at(-1)?.headers).not.toHaveProperty('x-other');
  });

  it('refuses a message whose headers contradict it, without asking the backend', async () => {
    const { url, seen } = await stage();
    const { status, last } = await post(url, 'tools/list', {}, { headers: { 'mcp-method': 'tools/call' } });
    expect([status, last.error?.code]).toEqual([400, -32_020]);
    expect(seen).toEqual([]);
  });

  it('lets nobody in without the token', async () => {
    const { url, seen } = await stage({ token: 'secret' });
    expect((await openPost(url, 'tools/list', {}, {})).status).toBe(401);
    expect(seen).toEqual([]);
    expect((await post(url, 'tools/list', {}, { token: 'secret' })).status).toBe(200);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it('refuses a body that is too large', async () => {
    const { url, seen } = await stage({ maxBodyBytes: 1_000 });
    const response = await openPost(url, 'tools/call', { name: 'echo', arguments: { tag: 'x'.repeat(2_000) } }, {});
    expect(response.status).toBe(413);
    expect(seen).toEqual([]);
  });

  it('may ask for a task, which is for the backend to know', async () => {
    const { url, seen } = await stage();
    await post(url, 'tasks/get', { taskId: 't' });
    expect(seen.map(({ text }) => (JSON.parse(text) as { readonly method: string }).method)).toEqual(['tasks/get']);
  });

  it('passes the status of an error', async () => {
    const { url } = await stage();
    const { status, last } = await post(url, 'no/such', {});
    expect([status, last.error?.code]).toEqual([404, -32_601]);
  });

  it('is told of changes until it leaves, which the backend sees', async () => {
    const { url, seen, handler } = await stage();
    const leaving = new AbortController();
    const filter = { notifications: { toolsListChanged: true } };
    const response = await openPost(url, 'subscriptions/listen', filter, { signal: leaving.signal, id: 'l' });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('notifications/subscriptions/acknowledged');
    handler.notify.toolsChanged();
    expect((await reader?.read())?.value).toContain('notifications/tools/list_changed');
    leaving.abort();
    await seen[0]?.gone;
  });

  it('ends the call of the backend when the client cancels it', async () => {
    const { connect, seen } = await stage();
    const { client } = await connect();
    const leaving = new AbortController();
    const before = seen.length;
    const call = client.callTool({ name: 'hang', arguments: {} }, { signal: leaving.signal });
    const failed = expect(call).rejects.toThrow();
    await expect.poll(() => seen.length).toBe(before + 1);
    leaving.abort();
    await failed;
    await seen[before]?.gone;
  });

  it('is told that the backend cannot be reached', async () => {
    const { url, endBackend, errors } = await stage();
    endBackend();
    const { status, last } = await post(url, 'tools/list', {}, { id: 7 });
    expect(status).toBe(502);
    expect(last).toMatchObject({ id: 7, error: { code: -32_603 } });
    expect(errors).toHaveLength(1);
  });

  it('is told when the backend goes away during a call', async () => {
    const { url, seen, endBackend } = await stage();
    const call = post(url, 'tools/call', { name: 'hang', arguments: {} }, { id: 8 });
    await expect.poll(() => seen.length).toBe(1);
    endBackend();
    expect(await call).toMatchObject({ status: 502, last: { id: 8, error: { code: -32_603 } } });
  });

  it('is refused if too many messages are relayed already', async () => {
    const { url, seen, proxy } = await stage({ maxSessions: 2 });
    const leaving = new AbortController();
    const { signal } = leaving;
    const hanging = ['a', 'b'].map(async () => post(url, 'tools/call', { name: 'hang', arguments: {} }, { signal }));
    const failed = Promise.all(hanging.map(async (call) => expect(call).rejects.toThrow()));
    await expect.poll(() => seen.length).toBe(2);
    expect(proxy.snapshot()).toMatchObject({ sessions: 0, inFlight: 2 });
    const { status, last } = await post(url, 'tools/list', {}, { id: 9 });
    expect([status, last.id, last.error?.code]).toEqual([503, 9, -32_000]);
    leaving.abort();
    await failed;
    await expect.poll(() => proxy.snapshot().inFlight).toBe(0);
    expect((await post(url, 'tools/list', {})).status).toBe(200);
  });

  it('loses its subscription at once when the proxy closes, and its calls when their time is over', async () => {
    const { url, seen, proxy } = await stage();
    const listening = await openPost(url, 'subscriptions/listen', { notifications: { toolsListChanged: true } }, {});
    const call = post(url, 'tools/call', { name: 'echo', arguments: { tag: 'last' } }, { id: 'last' });
    await expect.poll(() => seen.length).toBe(2);
    const closed = proxy.close({ graceMs: 60_000 });
    await expect(listening.text()).rejects.toThrow();
    expect((await call).last.result).toMatchObject(toolText('echo last'));
    await closed;
    expect(proxy.snapshot().inFlight).toBe(0);
    const { status, last } = await post(url, 'tools/list', {}, { id: 1 });
    expect([status, last.id]).toEqual([503, 1]);
  });

  it('has the headers of its notifications set that it left out', async () => {
    const { url, seen } = await stage();
    const body = JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/any',
      params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } },
    });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    await fetch(url, { method: 'POST', body, headers });
    expect(seen[0]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'notifications/any',
    });
  });

  it('is told when the proxy closes before its call is over', async () => {
    const { url, seen, proxy } = await stage();
    const call = post(url, 'tools/call', { name: 'hang', arguments: {} }, { id: 8 });
    await expect.poll(() => seen.length).toBe(1);
    await proxy.close();
    expect(await call).toMatchObject({ status: 503, last: { id: 8, error: { code: -32_603 } } });
    await seen[0]?.gone;
  });

  it('has the same at a web-standard server', async () => {
    const { url, seen, proxy } = await stage();
    const asked = async (method: string, params: object, signal?: AbortSignal): Promise<Response> => {
      return proxy.fetch(new Request(url, { ...initOf(method, params), ...(signal && { signal }) }));
    };
    const steps = await asked('tools/call', { name: 'steps', arguments: {}, _meta: { progressToken: 1 } });
    expect((await steps.text()).match(/notifications\/progress/g)).toHaveLength(3);
    const leaving = new AbortController();
    const left = asked('tools/call', { name: 'hang', arguments: {} }, leaving.signal);
    await expect.poll(() => seen.length).toBe(2);
    leaving.abort();
    await left;
    await seen[1]?.gone;
    const hanging = asked('tools/call', { name: 'hang', arguments: {} });
    await expect.poll(() => seen.length).toBe(3);
    await proxy.close();
    expect((await hanging).status).toBe(503);
  });
});
