/** An instrumented transport that is closed. */
import { trace } from '@opentelemetry/api';
import { instrument } from 'mcp-backchannel/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NullTransport } from '../support/null-transport.js';
import { startTracing, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterAll(async () => tracing.stop());

const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };

describe('an instrumented transport', () => {
  it('that is closed twice had one session, and makes no more spans until it is started again', async () => {
    const inner = new NullTransport();
    const transport = instrument(inner, { side: 'server' });
    const active: boolean[] = [];
    transport.onmessage = () => active.push(trace.getActiveSpan() !== undefined);
    const ask = async (): Promise<unknown> => {
      await transport.send({ jsonrpc: '2.0', id: 'q', method: 'roots/list' });
      return inner.sent.at(-1)?.message.params;
    };
    await transport.start();
    inner.deliver(INITIALIZE);
    await transport.send({ jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25' } });
    expect(await ask()).toHaveProperty('_meta.traceparent');
    await transport.close();
    await transport.close();
    const durations = (await tracing.metrics()).find(({ descriptor }) => descriptor.name.endsWith('session.duration'));
    expect(durations?.dataPoints.map(({ value }) => value)).toEqual([expect.objectContaining({ count: 1 })]);

    inner.deliver(INITIALIZE);
    expect(await ask()).toBeUndefined();
    await transport.start();
    inner.deliver(INITIALIZE);
    expect(active).toEqual([true, false, true]);
    expect(await ask()).toHaveProperty('_meta.traceparent');
  });
});
