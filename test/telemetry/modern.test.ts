/** Traces of calls of clients of revision 2026-07-28, which repeat a call with what its backend asks. */
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import { describe, expect, it } from 'vitest';
import { called, doors } from '../modern/door-stage.js';
import { post, suspensionIn } from '../modern/raw-modern.js';
import { TRACE, TRACEPARENT } from './proxy-rig.js';
import { pathOf, titleOf, tracedTests } from './tracing.js';

const tracing = tracedTests();

const open = doors();

describe('a call of a modern client', () => {
  it('is one span for all its rounds, and its questions are below it', async () => {
    const telemetry = proxyTelemetry();
    const stage = await open('stdio', { carrier: telemetry.carrier });
    telemetry.observe(stage.proxy.events$);
    const { client } = await stage.connect();
    await called(client, 'chain', { tag: 'c', length: 2 });

    const call = ['SERVER tools/call chain', 'CLIENT tools/call chain'];
    const asked = tracing.spans().filter((span) => titleOf(span) === 'CLIENT elicitation/create');
    expect(asked.map((span) => pathOf(span, tracing.spans()).map(titleOf))).toEqual(
      Array(2).fill([...call, 'SERVER elicitation/create', 'CLIENT elicitation/create']),
    );
    const served = tracing.span('SERVER', 'tools/call chain');
    const rounds = ['mcp_backchannel.suspended', 'mcp_backchannel.resumed'];
    expect(served.events.map(({ name }) => name)).toEqual([...rounds, ...rounds]);
    // It has no session, and names its version in each request.
    expect(served.attributes).toMatchObject({ 'mcp.protocol.version': '2026-07-28' });
    expect(served.attributes).not.toHaveProperty('mcp.session.id');
    expect(tracing.span('CLIENT', 'tools/call chain').attributes).toMatchObject({
      'mcp.protocol.version': '2025-11-25',
      'mcp.session.id': expect.any(String) as string,
    });
    // The proxy makes the session, not the client.
    expect(
      tracing
        .spans()
        .filter(({ name }) => name === 'initialize')
        .map(titleOf),
    ).toEqual(['CLIENT initialize']);
  });

  it('tells its client of the trace, in each question of an input_required result', async () => {
    const telemetry = proxyTelemetry();
    const stage = await open('stdio', { carrier: telemetry.carrier });
    telemetry.observe(stage.proxy.events$);
    const call = { name: 'chain', arguments: { tag: 'c', length: 2 }, _meta: { traceparent: TRACEPARENT } };
    const told: unknown[] = [];
    let answer = await post(stage.url, 'tools/call', call);
    for (let round = 1; round <= 2; round++) {
      const { requestState, inputRequests } = suspensionIn(answer);
      told.push(...Object.values(inputRequests).map(({ params }) => params['_meta']));
      const accepted = { action: 'accept', content: { answer: 'ann' } };
      const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, accepted]));
      answer = await post(stage.url, 'tools/call', { ...call, inputResponses, requestState });
    }
    expect(answer.last.result).toMatchObject({ resultType: 'complete' });
    const asked = tracing.spans().filter((span) => titleOf(span) === 'CLIENT elicitation/create');
    expect(told).toEqual(asked.map((span) => ({ traceparent: `00-${TRACE}-${span.spanContext().spanId}-01` })));
    expect(told).toHaveLength(2);
  });
});

describe('without an SDK', () => {
  it('nothing is added to a question of an input_required result', async () => {
    await tracing.stop();
    const { carrier } = proxyTelemetry();
    const stage = await open('stdio', { carrier });
    const answer = await post(stage.url, 'tools/call', { name: 'chain', arguments: { tag: 'c', length: 1 } });
    for (const { params } of Object.values(suspensionIn(answer).inputRequests))
      expect(params).not.toHaveProperty('_meta');
  });
});
