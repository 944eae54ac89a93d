/** Traces through the proxy: from a client that says to which it belongs, to the backend, and back with its questions. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import type { Message } from '../../examples/lib/strict-client.js';
import { originalText } from '../../src/original-text.js';
import { proxies } from '../proxy/support.js';
import { metaOf, proxyRigs, SPAN, spanIdIn, TRACE, TRACEPARENT } from './proxy-rig.js';
import { pathOf, startTracing, titleOf, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterEach(() => {
  tracing.reset();
});
afterAll(async () => tracing.stop());

const openProxy = proxies();
const rig = proxyRigs();

/** What a question asks. */
function textOf({ params }: Message): string | undefined {
  return (params as { readonly message?: string } | undefined)?.message;
}

describe('a call', () => {
  it('is served below the span that its _meta names, and forwarded below that', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const meta = { traceparent: TRACEPARENT, tracestate: 'vendor=1', baggage: 'user=ann', other: 1 };
    const call = client.start('tools/call', { name: 'echo', arguments: {}, _meta: meta });
    const received = await session.got({ method: 'tools/call' });
    await session.send({ id: received.id ?? null, result: { content: [] } });
    await call.response;

    const served = tracing.span('SERVER', 'tools/call echo');
    const forwarded = tracing.span('CLIENT', 'tools/call echo');
    expect(served.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN, isRemote: true });
    expect(forwarded.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
    expect(received.params).toEqual({
      name: 'echo',
      arguments: {},
      _meta: { ...meta, traceparent: `00-${TRACE}-${forwarded.spanContext().spanId}-01` },
    });
  });

  it('has the attributes of the conventions', async () => {
    const { join } = await rig();
    const [ann, session] = await join();
    const call = ann.start('tools/call', { name: 'echo', arguments: {} }, 'seven');
    await session.got({ method: 'tools/call' });
    await session.send({ id: 'seven', result: { content: [] } });
    await call.response;

    const shared = {
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo',
      'gen_ai.operation.name': 'execute_tool',
      'jsonrpc.request.id': 'seven',
      'mcp.protocol.version': '2025-11-25',
      'mcp.session.id': ann.sessionId?.slice(0, 8),
      'mcp_backchannel.outcome': 'result',
    };
    const client = { 'client.address': '127.0.0.1', 'client.port': expect.any(Number) as number };
    const http = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
    expect(tracing.span('SERVER', 'tools/call echo').attributes).toEqual({ ...shared, ...http, ...client });
    expect(tracing.span('CLIENT', 'tools/call echo').attributes).toEqual({ ...shared, 'network.transport': 'pipe' });
    const agreed = { 'mcp.protocol.version': '2025-11-25', 'mcp.session.id': ann.sessionId?.slice(0, 8) };
    for (const kind of ['SERVER', 'CLIENT'] as const)
      expect(tracing.span(kind, 'initialize').attributes).toMatchObject(agreed);
  });

  it('is served below the span that the HTTP headers name, if its _meta names none', async () => {
    const { join } = await rig();
    const [client, session] = await join({ headers: { traceparent: TRACEPARENT, baggage: 'user=ann' } });
    void client.start('resources/read', { uri: 'file:///a' });
    const meta = metaOf(await session.got({ method: 'resources/read' }));
    expect(meta).toMatchObject({ baggage: 'user=ann' });
    expect(meta['traceparent']).toMatch(new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`));
  });
});

describe('a question', () => {
  it.each(['streamable-http', 'in-memory'] as const)('is below its call, eight times at once over %s', async (kind) => {
    const telemetry = proxyTelemetry();
    const stage = await openProxy(kind, { carrier: telemetry.carrier });
    telemetry.observe(stage.proxy.events$);
    const client = await stage.connect('ann');
    const calls = Array.from({ length: 8 }, async (_, at) => {
      const traceId = String(at).repeat(31).padStart(32, 'a');
      const args = { tag: traceId, turn: 8 - at, of: 8 };
      const _meta = { traceparent: `00-${traceId}-${SPAN}-01` };
      await client.request('tools/call', { name: 'ask_in_turn', arguments: args, _meta });
      return traceId;
    });
    for (const traceId of await Promise.all(calls)) {
      const ofTrace = tracing.spans().filter((span) => span.spanContext().traceId === traceId);
      const asked = tracing.span('CLIENT', 'elicitation/create', (span) => span.spanContext().traceId === traceId);
      expect(pathOf(asked, ofTrace).map(titleOf)).toEqual([
        'SERVER tools/call ask_in_turn',
        'CLIENT tools/call ask_in_turn',
        'SERVER elicitation/create',
        'CLIENT elicitation/create',
      ]);
      expect(ofTrace).toHaveLength(4);
      expect(asked.attributes).toMatchObject({
        'mcp_backchannel.evidence': 'context',
        'mcp_backchannel.stream': 'request',
        'mcp_backchannel.outcome': 'accept',
      });
      // The client is told, too, and by the question of the same call.
      const { message } = client.arrivals.find((one) => textOf(one.message) === traceId) ?? {};
      expect(message && metaOf(message)['traceparent']).toBe(`00-${traceId}-${asked.spanContext().spanId}-01`);
    }
  });

  it('is below the span of the backend that its _meta names, if that is in the trace of its call', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start('tools/call', { name: 'ask', arguments: {}, _meta: { traceparent: TRACEPARENT } });
    const received = await session.got({ method: 'tools/call' });
    const traceparent = `00-${TRACE}-1111111111111111-01`;
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'a', _meta: { traceparent } } });
    await session.got({ id: 'q' });
    await session.send({ id: received.id ?? null, result: { content: [] } });
    await call.response;

    const served = tracing.span('SERVER', 'elicitation/create');
    expect(served.parentSpanContext?.spanId).toBe('1111111111111111');
    const asked = tracing.span('CLIENT', 'elicitation/create');
    expect(asked.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
  });

  it('is below its call, and linked to what its _meta names, if that is another trace', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start('tools/call', { name: 'ask', arguments: {} });
    const received = await session.got({ method: 'tools/call' });
    const _meta = { traceparent: TRACEPARENT };
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'a', _meta } });
    await session.got({ id: 'q' });
    await session.send({ id: received.id ?? null, result: { content: [] } });
    await call.response;

    const served = tracing.span('SERVER', 'elicitation/create');
    expect(served.parentSpanContext?.spanId).toBe(spanIdIn(received));
    expect(served.links.map(({ context }) => context.spanId)).toEqual([SPAN]);
  });
});

describe('what is not to be changed', () => {
  it('keeps numbers that JavaScript cannot hold, beside the context', async () => {
    const { url, join } = await rig();
    const [client, session] = await join();
    const body =
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"n","arguments":{"big":12345678901234567890.10}}}';
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': client.sessionId ?? '',
    };
    const answer = fetch(url, { method: 'POST', body, headers });
    const received = await session.got({ method: 'tools/call' });
    expect(originalText(received)).toBe(
      body.replace('10}}}', `10},"_meta":{"traceparent":"${metaOf(received)['traceparent'] ?? ''}"}}}`),
    );
    await session.send({ id: 7, result: { content: [] } });
    expect((await answer).status).toBe(200);
  });
});

it('makes the same spans without a carrier, and then changes no message', async () => {
  const stage = await openProxy('in-memory');
  proxyTelemetry().observe(stage.proxy.events$);
  const client = await stage.connect();
  const _meta = { traceparent: TRACEPARENT };
  await client.request('tools/call', { name: 'ask', arguments: {}, _meta });
  const ofTrace = tracing.spans().filter((span) => span.spanContext().traceId === TRACE);
  const asked = tracing.span('CLIENT', 'elicitation/create');
  expect(pathOf(asked, ofTrace).map(titleOf)).toEqual([
    'SERVER tools/call ask',
    'CLIENT tools/call ask',
    'SERVER elicitation/create',
    'CLIENT elicitation/create',
  ]);
  const { message } = client.arrivals.find((one) => one.message.method === 'elicitation/create') ?? {};
  expect(message && metaOf(message)).toEqual({});
});
