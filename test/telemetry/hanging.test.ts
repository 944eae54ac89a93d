/** What the spans say of a call that hangs, in each of five ways. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call } from '../../examples/lib/strict-client.js';
import { proxyRigs } from './proxy-rig.js';
import { startTracing, titleOf, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterAll(async () => tracing.stop());

const rig = proxyRigs();
// Before the proxies are closed, which takes time.
afterEach(() => {
  vi.useRealTimers();
});
// What was left open ended when its proxy was closed.
beforeEach(() => {
  tracing.reset();
});

const CALL = ['tools/call', { name: 'deploy', arguments: {} }] as const;
const QUESTION = { id: 'q', method: 'elicitation/create', params: { message: 'sure?' } };

/** The clock stands still from now on, but for what the test lets pass. The first call, `initialize`, sets a timer. */
function standStill(): (ms: number) => Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  return async (ms) => vi.advanceTimersByTimeAsync(ms);
}

async function ended(call: Call): Promise<void> {
  vi.useRealTimers();
  await call.response;
}

describe('a call that hangs', () => {
  it('because the backend is silent, says so while it hangs, and when it has ended', async () => {
    const { join, proxy } = await rig();
    const pass = standStill();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await pass(61_000);
    const waits = tracing.spans().filter(({ name }) => name === 'waiting for backend');
    expect(waits.map(({ attributes }) => attributes['mcp_backchannel.waiting_ms'])).toEqual([30_000, 60_000]);
    expect(waits[0]?.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'deploy',
      'mcp.session.id': client.sessionId?.slice(0, 8),
      'mcp_backchannel.waiting_for': 'backend',
    });
    await session.send({ id: call.id, result: { content: [] } });
    await ended(call);

    const forwarded = tracing.span('CLIENT', 'tools/call deploy');
    expect(waits[0]?.parentSpanContext?.spanId).toBe(forwarded.spanContext().spanId);
    const served = tracing.span('SERVER', 'tools/call deploy');
    expect(served.attributes).toMatchObject({ 'mcp_backchannel.waiting_for': 'backend' });
    expect(served.events.map(({ name }) => name)).toEqual(Array(2).fill('mcp_backchannel.waiting'));
    expect(proxy.snapshot().inFlight).toBe(0);
  });

  it('because the client does not answer, names the question', async () => {
    const { join } = await rig();
    const pass = standStill();
    const [client, session] = await join({ answers: {} });
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send(QUESTION);
    await client.next(({ message }) => message.id === 'q', 0);
    await pass(31_000);
    const wait = tracing.span('INTERNAL', 'waiting for client');
    expect(wait.attributes).toMatchObject({
      'mcp_backchannel.waiting_for': 'client',
      'mcp_backchannel.question': 'elicitation/create',
    });
    await session.send({ id: call.id, result: { content: [] } });
    await ended(call);
  });

  it('because the client has no stream, says so, and which limit has passed', async () => {
    const { join } = await rig({ enableJsonResponse: true, backchannel: { parkTimeoutMs: 40_000 } });
    const pass = standStill();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.send(QUESTION);
    await pass(31_000);
    expect(tracing.span('INTERNAL', 'waiting for stream').attributes).toMatchObject({
      'mcp_backchannel.waiting_for': 'stream',
      'mcp_backchannel.question': 'elicitation/create',
    });
    await pass(10_000);
    await session.got({ id: 'q' });
    const asked = tracing.span('SERVER', 'elicitation/create');
    expect(asked.attributes).toMatchObject({ 'error.type': 'PARK_TIMEOUT' });
    expect(asked.events.map(({ name }) => name)).toEqual(['mcp_backchannel.parked']);
    await session.send({ id: call.id, result: { content: [] } });
    await ended(call);
    expect(tracing.span('SERVER', 'tools/call deploy').spanContext().traceId).toBe(asked.spanContext().traceId);
  });

  it('because the backend is dead, ends with an error that says so', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const call = client.start(...CALL);
    await session.got({ method: 'tools/call' });
    await session.transport.close();
    await call.response;
    for (const kind of ['SERVER', 'CLIENT'] as const) {
      const { attributes, status } = tracing.span(kind, 'tools/call deploy');
      expect(attributes).toMatchObject({ 'error.type': 'backend_ended', 'mcp_backchannel.outcome': 'session-ended' });
      expect(status).toMatchObject({ code: 2, message: expect.stringContaining('the backend') as string });
    }
  });

  it('because its question may be of several calls, links the question to all of them', async () => {
    const { join } = await rig({ backchannel: { ambiguous: 'reject' } });
    const pass = standStill();
    const [client, session] = await join();
    const calls = [client.start(...CALL, 'one'), client.start(...CALL, 'two')];
    for (const { id } of calls) await session.got({ id });
    await session.send(QUESTION);
    await session.got({ id: 'q' });
    const asked = tracing.span('SERVER', 'elicitation/create');
    expect(asked.attributes).toMatchObject({ 'error.type': 'AMBIGUOUS' });
    await pass(31_000);
    const waits = tracing.spans().filter(({ name }) => name === 'waiting for backend');
    expect(waits.map(({ attributes }) => attributes['mcp_backchannel.refusal'])).toEqual(['AMBIGUOUS', 'AMBIGUOUS']);
    for (const { id } of calls) await session.send({ id, result: { content: [] } });
    for (const call of calls) await ended(call);
    const forwarded = tracing.spans().filter((span) => titleOf(span) === 'CLIENT tools/call deploy');
    expect(asked.links.map(({ context }) => context.spanId)).toEqual(
      forwarded.map((span) => span.spanContext().spanId),
    );
  });
});
