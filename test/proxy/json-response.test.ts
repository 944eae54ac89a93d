/** A proxy that answers each POST in JSON, by both of its doors. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { RouteEvent } from 'mcp-backchannel';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StrictClient, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { HttpRefusal } from '../../src/http-refusal.js';
import { JSON_HEADERS } from '../support/raw-http.js';
import { answersOf, QUESTIONS } from '../support/stage.js';
import { startUpstream } from '../support/upstreams.js';
import { ScriptedBackend } from './scripted-backend.js';
import { closers, listen } from './support.js';

const closing = closers();
afterEach(() => vi.useRealTimers());

const DOORS: Readonly<Record<string, (proxy: StatefulProxy) => Parameters<typeof createServer>[1]>> = {
  listener: ({ listener }) => listener,
  fetch: (proxy) => getRequestListener(async (request) => proxy.fetch(request), { overrideGlobalObjects: false }),
};

interface Opened {
  readonly url: string;
  readonly proxy: StatefulProxy;
  readonly routes: RouteEvent[];
  readonly errors: Error[];
  readonly connect: (options?: StrictClientOptions) => Promise<StrictClient>;
}

describe.each(Object.entries(DOORS))('a proxy with enableJsonResponse, by its %s', (_door, listenerOf) => {
  async function open(options: StatefulProxyOptions): Promise<Opened> {
    const errors: Error[] = [];
    const routes: RouteEvent[] = [];
    const proxy = createStatefulProxy({ enableJsonResponse: true, onerror: (error) => errors.push(error), ...options });
    proxy.routes$.subscribe((event) => routes.push(event));
    const http = createServer(listenerOf(proxy));
    const url = await listen(http);
    closing(async () => {
      await proxy.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
    const connect = async (clientOptions: StrictClientOptions = {}): Promise<StrictClient> => {
      const client = await StrictClient.connect(url, { answers: answersOf('ann'), ...clientOptions });
      closing(() => {
        client.vanish();
      });
      return client;
    };
    return { url, proxy, routes, errors, connect };
  }

  async function withBackend(options: Omit<StatefulProxyOptions, 'upstream'> = {}): Promise<Opened> {
    const backend = await startUpstream('in-memory');
    closing(() => backend.close());
    return open({ ...options, upstream: () => backend.connect() });
  }

  async function withScript(options: Omit<StatefulProxyOptions, 'upstream'> = {}): Promise<Opened & Scripted> {
    const backend = new ScriptedBackend();
    return { ...(await open({ ...options, upstream: backend.upstream })), backend };
  }

  it('answers in JSON', async () => {
    const { connect } = await withBackend();
    const client = await connect();

    const call = client.start('tools/call', { name: 'echo', arguments: { text: 'hi' } });

    expect((await call.response).result).toMatchObject({ content: [{ text: 'hi' }] });
    expect((await call.exchange).headers.get('content-type')).toBe('application/json');
  });

  it.each(QUESTIONS)('sends $method of a call on GET', async ({ tool, method, answer }) => {
    const { connect, errors } = await withBackend();
    const client = await connect();
    expect((await client.openGet()).status).toBe(200);

    expect(await client.callTool(tool)).toBe(answer);
    expect(await client.callTool(tool)).toBe(answer);

    const asked = client.arrivals.filter(({ message }) => message.method === method);
    expect(asked.map(({ stream }) => stream)).toEqual(['GET', 'GET']);
    expect(errors).toEqual([]);
  });

  it('keeps a question for a client that opens GET while it waits', async () => {
    const { connect, proxy } = await withBackend();
    const client = await connect();

    const call = client.start('tools/call', { name: 'ask' });
    await expect.poll(() => proxy.snapshot().parked).toBe(1);
    await client.openGet();

    expect((await call.response).result).toMatchObject({ content: [{ text: 'ask: accept ann' }] });
  });

  it('refuses a question of a client without GET, so that the call ends', async () => {
    const { connect, routes } = await withBackend({ backchannel: { parkTimeoutMs: 50 } });
    const client = await connect();

    const { error } = await client.request('tools/call', { name: 'ask' });

    expect(error?.message).toContain('opened no stream that can take it within 50 ms');
    expect(routes.map(({ outcome }) => outcome)).toEqual(['parked', 'refused']);
    expect(routes.at(-1)?.error).toMatchObject({ code: 'PARK_TIMEOUT' });
  });

  it('sends progress on GET, and reports it as lost without one', async () => {
    const { connect, errors } = await withBackend({ backchannel: { parkTimeoutMs: 50 } });
    const [reading, deaf] = [await connect(), await connect()];
    await reading.openGet();
    const count = { name: 'count', arguments: { steps: 3 }, _meta: { progressToken: 'token' } };

    for (const client of [reading, deaf])
      expect((await client.request('tools/call', count)).result).toMatchObject({ content: [{ text: 'counted to 3' }] });

    const progress = (client: StrictClient): string[] =>
      client.arrivals.filter(({ message }) => message.method === 'notifications/progress').map(({ stream }) => stream);
    await expect.poll(() => progress(reading)).toEqual(['GET', 'GET', 'GET']);
    await expect.poll(() => errors.length).toBe(3);
    expect(progress(deaf)).toEqual([]);
  });

  it('answers a batch in one body, though a call of it was cancelled and never answered', async () => {
    const { connect, url, backend } = await withScript();
    const client = await connect({ protocolVersion: '2025-03-26' });
    const [session] = backend.sessions;
    const answer = fetch(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, 'mcp-session-id': client.sessionId ?? '' },
      body: JSON.stringify(['a', 'b'].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/call' }))),
    });
    await session?.got({ id: 'b' });

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await client.notify('notifications/cancelled', { requestId: 'a' });
    await session?.send({ id: 'b', result: {} });
    // The backend may still answer a cancelled call for a while.
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();

    const response = await answer;
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual([
      { jsonrpc: '2.0', id: 'a', error: expect.objectContaining({ code: -32000 }) as object },
      { jsonrpc: '2.0', id: 'b', result: {} },
    ]);
  });

  it('ends the POST of a cancelled call when the session ends', async () => {
    const { connect, backend } = await withScript();
    const client = await connect();
    const call = client.start('tools/call', { name: 'any' }, 'call');
    const answered = call.exchange.then(
      ({ status }) => status,
      () => 'broken off',
    );
    call.response.catch(() => undefined);
    await backend.sessions[0]?.got({ id: 'call' });
    await client.notify('notifications/cancelled', { requestId: 'call' });
    await backend.sessions[0]?.got({ method: 'notifications/cancelled' });

    await client.delete();

    expect(await answered).toBe(404);
  });

  it('ends a session whose client has left a call', async () => {
    const { connect, proxy, backend } = await withScript({ idleTimeoutMs: 50 });
    const client = await connect();
    const call = client.start('tools/call', { name: 'any' }, 'call');
    for (const promise of [call.exchange, call.response]) promise.catch(() => undefined);
    await backend.sessions[0]?.got({ id: 'call' });

    client.vanish();

    await expect.poll(() => proxy.snapshot().sessions, { timeout: 5_000 }).toBe(0);
  });

  it('relays the refusal of a backend as the HTTP answer', async () => {
    const { url } = await open({
      upstream: () => ({
        start: async () => Promise.resolve(),
        close: async () => Promise.resolve(),
        send: async () => Promise.reject(new HttpRefusal(401, 'no', { 'www-authenticate': 'Bearer' })),
      }),
      relayRefusal: (refusal) => refusal,
    });

    const { status, headers } = await fetch(url, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
      }),
    });

    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

interface Scripted {
  readonly backend: ScriptedBackend;
}
