/** The trace context in the HTTP requests that take messages to a backend. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { HttpConnections, HttpTransport } from '../../src/backends/http/index.js';
import { closers, listen, proxies } from '../proxy/support.js';
import { TRACE, TRACEPARENT } from './proxy-rig.js';
import { startTracing, type Tracing } from './tracing.js';

interface Posted {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly _meta?: Readonly<Record<string, string>> };
}

interface Got extends Posted {
  readonly headers: IncomingHttpHeaders;
  readonly port: number | undefined;
}

const closing = closers();
const openProxy = proxies();

/** A proxy before a backend over HTTP, a client, and what the backend gets. */
async function stage(passed: Readonly<Record<string, string>> = {}): Promise<readonly [StrictClient, readonly Got[]]> {
  const got: Got[] = [];
  const http = createServer((request, response) => {
    void text(request).then((body) => {
      const posted = JSON.parse(body || '{}') as Posted;
      const { id } = posted;
      got.push({ ...posted, headers: request.headers, port: request.socket.remotePort });
      const result = {
        protocolVersion: '2025-11-25',
        capabilities: {},
        serverInfo: { name: 'b', version: '1' },
        content: [],
      };
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result });
      if (request.method === 'GET') response.writeHead(405).end();
      else if (id === undefined) response.writeHead(202).end();
      else response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' }).end(answer);
    });
  });
  const url = await listen(http);
  closing(() => http.close());
  const connections = new HttpConnections();
  const telemetry = proxyTelemetry();
  const stage = await openProxy(() => new HttpTransport(new URL(url), { connections, passed }), {
    carrier: telemetry.carrier,
  });
  telemetry.observe(stage.proxy.events$);
  return [await stage.connect('ann'), got];
}

const called = (got: readonly Got[], tool: string): Got => {
  const found = got.find(({ params }) => params?.name === tool);
  if (found === undefined) throw new Error(`the backend got no call of ${tool}`);
  return found;
};

describe('a call to a backend over HTTP', () => {
  let tracing: Tracing;
  beforeAll(() => {
    tracing = startTracing();
  });
  beforeEach(() => {
    tracing.reset();
  });
  afterAll(async () => tracing.stop());

  const parentOf = (tool: string): string =>
    `00-${TRACE}-${tracing.span('CLIENT', `tools/call ${tool}`).spanContext().spanId}-01`;

  it('names its span in the headers, as in its _meta', async () => {
    const [client, got] = await stage();
    const _meta = { traceparent: TRACEPARENT, tracestate: 'vendor=1', baggage: 'user=ann' };
    await client.request('tools/call', { name: 'echo', _meta });
    const { headers, params } = called(got, 'echo');
    expect(headers).toMatchObject({ ..._meta, traceparent: parentOf('echo') });
    expect(params?._meta).toEqual({ ..._meta, traceparent: parentOf('echo') });
    // Baggage goes on, and nowhere else.
    const recorded = tracing.spans().map(({ attributes, events, status }) => ({ attributes, events, status }));
    expect(JSON.stringify([recorded, await tracing.metrics()])).not.toContain('user=');
  });

  it('has headers of its own, on the connections of all', async () => {
    const [client, got] = await stage();
    const names = Array.from({ length: 8 }, (_, call) => `tool-${String(call)}`);
    for (const name of names) await client.request('tools/call', { name, _meta: { traceparent: TRACEPARENT } });
    for (const name of names) expect(called(got, name).headers['traceparent']).toBe(parentOf(name));
    expect(new Set(names.map((name) => called(got, name).port)).size).toBe(1);
  });

  it('and so has a notification, though it waits for another one', async () => {
    const [client, got] = await stage();
    const names = Array.from({ length: 3 }, (_, at) => `notification-${String(at)}`);
    await Promise.all(names.map(async (name) => client.notify('notifications/any', { name })));
    await expect.poll(() => got.filter(({ method }) => method === 'notifications/any').length).toBe(3);
    for (const name of names) {
      const { headers, params } = called(got, name);
      expect(headers['traceparent']).toMatch(/^00-/);
      expect(headers['traceparent']).toBe(params?._meta?.['traceparent']);
    }
  });

  it('has no baggage and no state that its client did not send, and none of another trace', async () => {
    const [client, got] = await stage({ traceparent: TRACEPARENT, tracestate: 'of=another' });
    await client.request('tools/call', { name: 'echo', _meta: { traceparent: TRACEPARENT } });
    const { headers } = called(got, 'echo');
    expect(headers['traceparent']).toBe(parentOf('echo'));
    expect(headers).not.toHaveProperty('tracestate');
    expect(headers).not.toHaveProperty('baggage');
  });

  it('is sent without what no header can hold', async () => {
    const [client, got] = await stage();
    const _meta = { traceparent: TRACEPARENT, baggage: 'user=ann;a\r\nb: c' };
    await client.request('tools/call', { name: 'echo', _meta });
    expect(called(got, 'echo').headers).toHaveProperty('traceparent');
    expect(called(got, 'echo').headers).not.toHaveProperty('baggage');
  });

  it('leaves the headers to an instrumentation of HTTP, if there is one', async () => {
    const [client, got] = await stage();
    const instrumentation = (): void => undefined;
    subscribe('undici:request:create', instrumentation);
    await client.request('tools/call', { name: 'echo' });
    unsubscribe('undici:request:create', instrumentation);
    expect(called(got, 'echo').headers).not.toHaveProperty('traceparent');
    expect(called(got, 'echo').params?._meta).toHaveProperty('traceparent');
  });
});

describe('without an SDK', () => {
  it('a call has the headers that its client passes on, and no others', async () => {
    const passed = { traceparent: TRACEPARENT, tracestate: 'vendor=1' };
    const [client, got] = await stage(passed);
    await client.request('tools/call', { name: 'echo', _meta: { traceparent: 'other', baggage: 'user=ann' } });
    const { headers } = called(got, 'echo');
    expect(headers).toMatchObject(passed);
    expect(headers).not.toHaveProperty('baggage');
  });
});
