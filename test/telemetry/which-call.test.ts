/** To which of several calls a question of an instrumented server belongs. */
import { context, trace, type Context } from '@opentelemetry/api';
import { instrument } from 'mcp-backchannel/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import type { SendOptions } from '../../src/transport-like.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { metaOf, SPAN } from './proxy-rig.js';
import { startTracing, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterEach(() => {
  tracing.reset();
});
afterAll(async () => tracing.stop());

const ANN = 'a'.repeat(32);
const BOB = 'b'.repeat(32);

class Server {
  readonly inner = new NullHttpTransport();
  readonly transport = instrument(this.inner, { side: 'server' });
  readonly #contexts = new Map<unknown, Context>();

  /** Has two calls in flight, `ann` and `bob`, each in a trace of its own. @param flags `'00'`: which is not sampled */
  constructor(flags = '01') {
    this.transport.onmessage = ({ id }) => this.#contexts.set(id, context.active());
    for (const [id, traceId] of Object.entries({ ann: ANN, bob: BOB })) {
      const params = { name: id, _meta: { traceparent: `00-${traceId}-${SPAN}-${flags}` } };
      this.inner.deliver({ jsonrpc: '2.0', id, method: 'tools/call', params });
    }
  }

  /** Works in the context in which a call came. */
  within<R>(id: string, work: () => R): R {
    return context.with(this.#contexts.get(id) ?? context.active(), work);
  }

  async answer(id: string): Promise<void> {
    await this.transport.send({ jsonrpc: '2.0', id, result: {} });
  }

  /** @returns the trace to which the question says that it belongs */
  async ask(options?: SendOptions): Promise<string | undefined> {
    await this.transport.send({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: {} }, options);
    const message = this.inner.sent.at(-1)?.message as Message;
    return metaOf(message)['traceparent']?.split('-')[1];
  }

  clientAnswers(): void {
    this.inner.deliver({ jsonrpc: '2.0', id: 'q', result: {} });
  }
}

describe('a question belongs', () => {
  it('to the call that it names, though the server works for another', async () => {
    const server = new Server();
    expect(await server.within('ann', async () => server.ask({ relatedRequestId: 'bob' }))).toBe(BOB);
  });

  it('to the span that asks, if that is one of the call that it names', async () => {
    const server = new Server();
    await server.within('bob', async () =>
      trace.getTracer('server').startActiveSpan('own', async (own) => {
        await server.ask({ relatedRequestId: 'bob' });
        server.clientAnswers();
        const asked = tracing.span('CLIENT', 'elicitation/create');
        expect(asked.parentSpanContext?.spanId).toBe(own.spanContext().spanId);
        own.end();
      }),
    );
  });

  it.each([
    ['sampled', '01'],
    ['not sampled', '00'],
  ])('to the call for which the server works, if that is %s', async (_, flags) => {
    const server = new Server(flags);
    expect(await server.within('ann', async () => server.ask())).toBe(ANN);
  });

  it.each([
    ['sampled', '01'],
    ['not sampled', '00'],
  ])('to the only call in flight, though the server still works for one that is over and %s', async (_, flags) => {
    const server = new Server(flags);
    await server.answer('ann');
    expect(await server.within('ann', async () => server.ask())).toBe(BOB);
  });
});
