/** How spans and measurements end: errors of calls and questions, and durations by what the conventions count by. */
import { SpanStatusCode } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { proxyRigs } from './proxy-rig.js';
import { tracedTests } from './tracing.js';

const tracing = tracedTests();

const rig = proxyRigs();
const CALL = ['tools/call', { name: 'deploy', arguments: {} }] as const;

describe('the spans of a call', () => {
  const error = { code: -32_602, message: 'no such tool' };
  it.each([
    ['a result', { result: { content: [] } }, {}, { code: SpanStatusCode.UNSET }],
    [
      'a result that is an error',
      { result: { content: [], isError: true } },
      { 'error.type': 'tool_error', 'mcp_backchannel.outcome': 'tool-error' },
      { code: SpanStatusCode.ERROR },
    ],
    [
      'an error',
      { error },
      { 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
      { code: SpanStatusCode.ERROR, message: 'no such tool' },
    ],
  ])('end with %s on both sides', async (_, answer, attributes, status) => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send({ id: call.id, ...answer });
    await call.response;
    for (const kind of ['SERVER', 'CLIENT'] as const) {
      const span = tracing.span(kind, 'tools/call deploy');
      expect(span.attributes).toMatchObject(attributes);
      expect('error.type' in span.attributes).toBe('error.type' in attributes);
      expect(span.status).toEqual(status);
    }
  });

  it('say that the proxy refused a call, which was never forwarded', async () => {
    const { join } = await rig({ maxInFlight: 1 });
    const [client, session] = await join();
    const first = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await client.request('prompts/get', { name: 'hello' });
    const refused = tracing.span('SERVER', 'prompts/get hello');
    expect(refused.attributes).toMatchObject({ 'error.type': 'refused', 'gen_ai.prompt.name': 'hello' });
    expect(tracing.spans().filter(({ name }) => name === 'prompts/get hello')).toHaveLength(1);
    await session.send({ id: first.id, result: {} });
    await first.response;
  });

  it('say that the client cancelled it', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await client.notify('notifications/cancelled', { requestId: call.id });
    await session.got({ method: 'notifications/cancelled' });
    const ended = (): boolean => tracing.spans().some(({ name }) => name === 'tools/call deploy');
    await expect.poll(ended, { timeout: 10_000 }).toBe(true);
    const { attributes, events } = tracing.span('SERVER', 'tools/call deploy');
    expect(attributes).toMatchObject({ 'error.type': 'cancelled' });
    expect(events.map(({ name }) => name)).toEqual(['mcp_backchannel.cancelled']);
  });
});

describe('the spans of a question', () => {
  it.each([
    ['declines', { action: 'decline' }, { 'mcp_backchannel.outcome': 'decline' }],
    ['accepts', { action: 'accept', content: {} }, { 'mcp_backchannel.outcome': 'accept' }],
  ])('say that the client %s, which is no error', async (_, answer, attributes) => {
    const { join } = await rig();
    const [client, session] = await join({ answers: { 'elicitation/create': () => answer } });
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'sure?' } });
    await session.got({ id: 'q' });
    const span = tracing.span('CLIENT', 'elicitation/create');
    expect(span.attributes).toMatchObject({ ...attributes, 'jsonrpc.request.id': 'q' });
    expect(span.attributes).not.toHaveProperty('error.type');
    await session.send({ id: call.id, result: {} });
    await call.response;
  });

  it('say that the backend took it back', async () => {
    const { join } = await rig();
    const [client, session] = await join({ answers: {} });
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send({ id: 'q', method: 'roots/list' });
    await session.send({ method: 'notifications/cancelled', params: { requestId: 'q' } });
    await session.send({ id: call.id, result: {} });
    await call.response;
    for (const kind of ['SERVER', 'CLIENT'] as const)
      expect(tracing.span(kind, 'roots/list').attributes).toMatchObject({ 'error.type': 'cancelled' });
  });
});

describe('the metrics', () => {
  it('are durations in seconds, with the buckets that the conventions advise, and no ids', async () => {
    const { join, proxy } = await rig();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send({ id: call.id, error: { code: 1, message: 'x' } });
    await call.response;
    await proxy.close();

    const metrics = await tracing.metrics();
    const found = Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]));
    const shared = { 'mcp.protocol.version': '2025-11-25' };
    const http = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
    const ofCall = {
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'deploy',
      'gen_ai.operation.name': 'execute_tool',
      'error.type': '1',
      'rpc.response.status_code': '1',
    };
    const expected = {
      'mcp.server.operation.duration': { ...shared, ...http, ...ofCall },
      'mcp.client.operation.duration': { ...shared, 'network.transport': 'pipe', ...ofCall },
      'mcp.server.session.duration': { ...shared, ...http },
      'mcp.client.session.duration': { ...shared, 'network.transport': 'pipe' },
    };
    for (const [name, attributes] of Object.entries(expected)) {
      const metric = found[name];
      expect(metric?.descriptor).toMatchObject({ unit: 's' });
      expect(metric?.dataPoints.map((point) => point.attributes)).toContainEqual(attributes);
      expect((metric?.dataPoints[0]?.value as Histogram).buckets.boundaries).toEqual([
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
      ]);
    }
  });
});
