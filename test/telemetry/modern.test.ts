/** Traces of calls of clients of revision 2026-07-28, which repeat a call with what its backend asks. */
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { called, doors } from '../modern/door-stage.js';
import { pathOf, startTracing, titleOf, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
beforeEach(() => {
  tracing.reset();
});
afterAll(async () => tracing.stop());

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
});
