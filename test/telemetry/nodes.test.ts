/** Traces through two nodes of a cluster: the one that a client's request reaches, and the one that has its session. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { instrument, proxyTelemetry } from 'mcp-backchannel/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../examples/lib/backend.js';
import { threeNodes } from '../cluster/three-nodes.js';
import { pathOf, startTracing, titleOf, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterEach(() => {
  tracing.reset();
});
afterAll(async () => tracing.stop());

const open = threeNodes();

/** A backend with spans of its own. */
async function upstream(): Promise<InMemoryTransport> {
  const [client, server] = InMemoryTransport.createLinkedPair();
  await createBackend().connect(instrument(server));
  return client;
}

const PATH = [
  'SERVER tools/call ask',
  'CLIENT tools/call ask',
  'SERVER tools/call ask',
  'CLIENT elicitation/create',
  'SERVER elicitation/create',
  'CLIENT elicitation/create',
];

describe.each(['node', 'web'] as const)('a call that another node passes on, with the entry %s', (door) => {
  it.each(['_meta', 'headers'])('is in the trace of the client, by its %s, down to the backend', async (how) => {
    const telemetry = proxyTelemetry();
    const { nodes, connect, ownerOf, othersOf } = await open({ upstream, door, carrier: telemetry.carrier });
    for (const { proxy } of nodes) telemetry.observe(proxy.events$);
    const forwarded: string[] = [];
    for (const { proxy } of nodes) proxy.events$.subscribe(({ kind }) => forwarded.push(kind));

    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const client = await connect('ann', how === 'headers' ? { headers: { traceparent } } : {});
    expect(othersOf(client)).not.toContain(ownerOf(client));
    const _meta = how === '_meta' ? { _meta: { traceparent } } : {};
    const answer = await client.request('tools/call', { name: 'ask', arguments: {}, ..._meta });
    expect(answer).toMatchObject({ result: { content: [{ text: 'ask: accept ann' }] } });
    expect(forwarded).toContain('forwarded');

    // The client is asked last, and is told the trace.
    const ofTrace = tracing.spans().filter((span) => span.spanContext().traceId === traceId);
    const asked = ofTrace.find((span) => pathOf(span, ofTrace).length === PATH.length);
    expect(asked && pathOf(asked, ofTrace).map(titleOf)).toEqual(PATH);
    // The node that has the session does not see it.
    const calls = ofTrace.filter(({ name }) => name === 'tools/call ask');
    for (const { attributes } of calls) expect(attributes).not.toHaveProperty('client.address');
    const question = client.arrivals.find(({ message }) => message.method === 'elicitation/create');
    expect(JSON.stringify(question?.message.params)).toContain(`00-${traceId}-${asked?.spanContext().spanId ?? ''}-01`);
  });
});
