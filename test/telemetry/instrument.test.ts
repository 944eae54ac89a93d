/** Traces through a proxy of somebody else, whose transports are instrumented: from the client to the backend. */
import { trace } from '@opentelemetry/api';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel } from 'mcp-backchannel';
import { instrument } from 'mcp-backchannel/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { classicProxy, type ClassicProxyOptions } from '../../examples/classic-proxy.js';
import { createBackend } from '../../examples/lib/backend.js';
import { serve } from '../../examples/lib/serve.js';
import { pathOf, startTracing, titleOf, type Tracing } from './tracing.js';

const open: (() => unknown)[] = [];
let tracing: Tracing;

beforeAll(() => {
  tracing = startTracing();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  tracing.reset();
});
afterAll(async () => tracing.stop());

/** A backend whose own transport is instrumented. */
async function startBackend(): Promise<string> {
  const { url, close } = await serve({
    onSession: async (bare) => {
      const transport = instrument(bare);
      await createBackend().connect(transport);
      return transport;
    },
  });
  open.push(close);
  return url;
}

async function startProxy(options: Partial<ClassicProxyOptions> = {}): Promise<string> {
  const backend = await startBackend();
  const { url, close } = await classicProxy({
    connectUpstream: () => instrument(new StreamableHTTPClientTransport(new URL(backend))),
    ...options,
  });
  open.push(close);
  return url;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'client', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: 'accept' as const,
    content: { answer: params.message },
  }));
  await client.connect(instrument(new StreamableHTTPClientTransport(new URL(url))));
  open.push(async () => client.close());
  return client;
}

const WAYS: Readonly<Record<string, ClassicProxyOptions['create']>> = {
  'inside the wrapper': (options) => instrument(new StreamableHTTPServerTransport(options)),
  'around the wrapper': (options) => instrument(withBackchannel(new StreamableHTTPServerTransport(options))),
  'inside and around it': (options) =>
    instrument(withBackchannel(instrument(new StreamableHTTPServerTransport(options)))),
};

describe.each(Object.entries(WAYS))('a proxy with both its transports instrumented, %s', (_, create) => {
  it('has each of eight questions at once below its call, from the client to the backend and back', async () => {
    const client = await connect(await startProxy({ ...(create && { create }) }));
    const tracer = trace.getTracer('agent');
    const calls = Array.from({ length: 8 }, async (_, at) =>
      tracer.startActiveSpan(`agent ${String(at)}`, async (span) => {
        const args = { tag: `tag ${String(at)}`, turn: 8 - at, of: 8 };
        const result = await client.callTool({ name: 'ask_in_turn', arguments: args });
        span.end();
        return result.content;
      }),
    );
    const answers = await Promise.all(calls);
    expect(answers).toEqual(
      answers.map((_, at) => [{ type: 'text', text: `tag ${String(at)}: accept tag ${String(at)}` }]),
    );

    const call = ['CLIENT', 'SERVER', 'CLIENT', 'SERVER'].map((kind) => `${kind} tools/call ask_in_turn`);
    const question = ['CLIENT', 'SERVER', 'CLIENT', 'SERVER'].map((kind) => `${kind} elicitation/create`);
    for (let at = 0; at < 8; at++) {
      const agent = tracing.span('INTERNAL', `agent ${String(at)}`);
      const { traceId } = agent.spanContext();
      const ofTrace = tracing.spans().filter((span) => span.spanContext().traceId === traceId);
      expect(ofTrace).toHaveLength(9);
      // The last to be asked is the client, and it is below everything.
      const last = ofTrace.find(
        (span) => titleOf(span) === 'SERVER elicitation/create' && pathOf(span, ofTrace).length === 9,
      );
      expect(last && pathOf(last, ofTrace).map(titleOf)).toEqual([
        `INTERNAL agent ${String(at)}`,
        ...call,
        ...question,
      ]);
    }
  });

  it('says why a question went where it did, if it has a back-channel', async () => {
    const client = await connect(await startProxy({ ...(create && { create }) }));
    await client.callTool({ name: 'ask', arguments: {} });
    const asked = tracing.spans().filter((span) => titleOf(span) === 'CLIENT elicitation/create');
    const evidence = asked.map(({ attributes }) => attributes['mcp_backchannel.evidence']);
    // The backend has none.
    expect(evidence.filter((one) => one !== undefined)).toEqual(_ === 'inside the wrapper' ? [] : ['context']);
  });
});

describe('initialize, at instrumented transports', () => {
  it('names the session and the version to which it leads, on either side', async () => {
    await connect(await startBackend());
    for (const kind of ['CLIENT', 'SERVER'] as const)
      expect(tracing.span(kind, 'initialize').attributes).toMatchObject({
        'mcp.session.id': expect.stringMatching(/^\S{8}$/) as string,
        'mcp.protocol.version': '2025-11-25',
      });
    const measured = (await tracing.metrics()).flatMap(({ dataPoints }) =>
      dataPoints.map(({ attributes }) => attributes),
    );
    for (const attributes of measured) expect(attributes).not.toHaveProperty('mcp.session.id');
  });
});
