/** Spans of notifications, in both directions. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { instrument } from 'mcp-backchannel/telemetry';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { deferred } from '../support/deferred.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { metaOf, proxyRigs, SPAN, spanIdIn, TRACE, TRACEPARENT } from './proxy-rig.js';
import { pathOf, titleOf, tracedTests } from './tracing.js';

const tracing = tracedTests();

const rig = proxyRigs();
const CHANGED = 'notifications/roots/list_changed';
const UPDATED = 'notifications/resources/updated';
const OF_CALL = 'notifications/any';

describe('a notification of the client, through the proxy', () => {
  it('is below the span that its _meta names, and tells the backend so', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    await client.notify(CHANGED, { _meta: { traceparent: TRACEPARENT } });
    const received = await session.got({ method: CHANGED });
    const served = tracing.span('SERVER', CHANGED);
    const forwarded = tracing.span('CLIENT', CHANGED);
    expect(served.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN });
    expect(forwarded.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
    expect(spanIdIn(received)).toBe(forwarded.spanContext().spanId);
    expect(forwarded.attributes).toEqual({
      'mcp.method.name': CHANGED,
      'mcp.protocol.version': '2025-11-25',
      'mcp.session.id': client.sessionId?.slice(0, 8),
      'network.transport': 'pipe',
    });
  });

  it('that cancels a call belongs to it', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start('tools/call', { name: 'slow', _meta: { traceparent: TRACEPARENT } });
    await session.got({ method: 'tools/call' });
    await client.notify('notifications/cancelled', { requestId: call.id });
    const told = await session.got({ method: 'notifications/cancelled' });
    await session.send({ id: call.id, result: { content: [] } });
    await expect.poll(() => tracing.spans().map(titleOf)).toContain('SERVER tools/call slow');
    const cancelled = tracing.span('CLIENT', 'notifications/cancelled');
    expect(pathOf(cancelled, tracing.spans()).map(titleOf)).toEqual([
      'SERVER tools/call slow',
      'CLIENT tools/call slow',
      'SERVER notifications/cancelled',
      'CLIENT notifications/cancelled',
    ]);
    expect(spanIdIn(told)).toBe(cancelled.spanContext().spanId);
  });

  it('is measured', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    await client.notify(CHANGED, {});
    await session.got({ method: CHANGED });
    const measured = (await tracing.metrics()).flatMap(({ descriptor, dataPoints }) =>
      dataPoints.some(({ attributes }) => attributes['mcp.method.name'] === CHANGED) ? [descriptor.name] : [],
    );
    expect(measured.sort()).toEqual(['mcp.client.operation.duration', 'mcp.server.operation.duration']);
  });
});

describe('a notification of the backend, through the proxy', () => {
  it('belongs to the call on whose stream it leaves, and tells the client so', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start('tools/call', { name: 'slow', _meta: { traceparent: TRACEPARENT } });
    await session.got({ method: 'tools/call' });
    const told = client.next(({ message }) => message.method === OF_CALL);
    await session.send({ method: OF_CALL, params: {} });
    const { message } = await told;
    await session.send({ id: call.id, result: { content: [] } });
    await call.response;
    const asked = tracing.span('CLIENT', OF_CALL);
    expect(pathOf(asked, tracing.spans()).map(titleOf)).toEqual([
      'SERVER tools/call slow',
      'CLIENT tools/call slow',
      `SERVER ${OF_CALL}`,
      `CLIENT ${OF_CALL}`,
    ]);
    expect(spanIdIn(message)).toBe(asked.spanContext().spanId);
  });

  it('is below the span that its own _meta names', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    await client.openGet();
    const told = client.next(({ message }) => message.method === UPDATED);
    await session.send({ method: UPDATED, params: { uri: 'file:///a', _meta: { traceparent: TRACEPARENT } } });
    await told;
    const { parentSpanContext, attributes } = tracing.span('SERVER', UPDATED);
    expect(parentSpanContext).toMatchObject({ traceId: TRACE, spanId: SPAN });
    expect(attributes).toMatchObject({ 'mcp.resource.uri': 'file:///a' });
  });

  it('has no span if it reports progress or is a log message, of which there may be very many', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start('tools/call', { name: 'slow', _meta: { progressToken: 'p' } });
    await session.got({ method: 'tools/call' });
    const told = client.next(({ message }) => message.method === 'notifications/message');
    await session.send({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } });
    await session.send({ method: 'notifications/message', params: { level: 'info', data: 'a' } });
    expect(metaOf((await told).message)).toEqual({});
    await session.send({ id: call.id, result: { content: [] } });
    await call.response;
    expect(tracing.spans().filter(({ name }) => /progress|message/.test(name))).toEqual([]);
  });
});

describe('a notification, at an instrumented transport', () => {
  it('ends when the other side has taken it, and tells its span', async () => {
    const inner = new NullHttpTransport();
    const taken = deferred();
    const sent: Message[] = [];
    inner.send = async (message) => {
      sent.push(message as Message);
      await taken.promise;
    };
    const transport = instrument(inner, { side: 'client' });
    const sending = transport.send({ jsonrpc: '2.0', method: CHANGED });
    expect(tracing.spans()).toEqual([]);
    taken.resolve();
    await sending;
    const span = tracing.span('CLIENT', CHANGED);
    expect(sent.map(spanIdIn)).toEqual([span.spanContext().spanId]);
  });

  it('that is not taken fails', async () => {
    const inner = new NullHttpTransport();
    inner.send = async () => Promise.reject(new Error('broken'.padEnd(300, '.')));
    await expect(instrument(inner).send({ jsonrpc: '2.0', method: UPDATED })).rejects.toThrow('broken');
    expect(tracing.span('CLIENT', UPDATED)).toMatchObject({
      attributes: { 'error.type': 'undelivered' },
      status: { message: `${'broken'.padEnd(200, '.')}…` },
    });
  });

  it('is handled in the context of its span, which is below that of the sender', async () => {
    const [one, other] = InMemoryTransport.createLinkedPair();
    const [sender, receiver] = [instrument(one, { side: 'client' }), instrument(other, { side: 'server' })];
    receiver.onmessage = () => undefined;
    await receiver.start();
    await sender.start();
    await sender.send({ jsonrpc: '2.0', method: CHANGED });
    const served = tracing.span('SERVER', CHANGED);
    expect(pathOf(served, tracing.spans()).map(titleOf)).toEqual([`CLIENT ${CHANGED}`, `SERVER ${CHANGED}`]);
  });
});
