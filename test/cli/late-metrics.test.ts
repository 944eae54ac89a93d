/** The library of the metrics is loaded late. What happens before must be counted all the same, and must not cost much. */
import { expect, test } from 'vitest';
import { lateMetricsOf } from '../../src/cli/metrics/late-metrics.js';
import { EventSource } from '../../src/proxy/event-source.js';
import { PassedOn } from '../../src/proxy/passed-on.js';
import type { ProxyEvent } from '../../src/proxy-events.js';
import { seriesIn, valueOf, type Series } from '../support/exposition.js';
import { collectGarbage } from '../support/gc.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const CALL = { session: 'a-session', client: undefined, method: 'tools/call', target: undefined };

function call(id: number, at: number): ProxyEvent {
  return { ...CALL, kind: 'call', at, id, message: { method: 'tools/call' }, headers: {} };
}

function callEnded(id: number, message: object = {}): ProxyEvent {
  const how = { durationMs: 1, outcome: 'result', code: undefined, error: undefined } as const;
  return { ...CALL, kind: 'call-ended', at: 1, id, ...how, message };
}

function rig(): { tell: (event: ProxyEvent) => void; series: () => Promise<readonly Series[]> } {
  const source = new EventSource();
  const events$ = source.events$([], (cause) => expect.unreachable(String(cause)));
  const metrics = lateMetricsOf({ events$, openCalls: () => source.openCalls(), snapshot: () => NOTHING_OPEN });
  return {
    tell: (event) => {
      source.tell(event);
    },
    series: async () => seriesIn(await (await metrics()).metrics()),
  };
}

// More than are kept.
test.each([1, 999, 1_000, 1_001, 5_000])(
  '%d calls before the metrics are asked for are counted, and later ones',
  async (early) => {
    const { tell, series } = rig();
    for (let id = 0; id < early; id++) tell(callEnded(id));
    expect(valueOf(await series(), 'mcp_backchannel_calls_total')).toBe(early);
    tell(callEnded(early));
    expect(valueOf(await series(), 'mcp_backchannel_calls_total')).toBe(early + 1);
  },
);

test('calls that happen while the library is loaded are counted once', async () => {
  const { tell, series } = rig();
  tell(callEnded(1));
  const asked = series();
  tell(callEnded(2));
  await asked;
  tell(callEnded(3));
  expect(valueOf(await series(), 'mcp_backchannel_calls_total')).toBe(3);
});

test('a call that began before the metrics were asked for has its age', async () => {
  const { tell, series } = rig();
  tell(call(1, Date.now() - 60_000));
  const oldest = 'mcp_backchannel_oldest_in_flight_seconds';
  expect(valueOf(await series(), oldest, { waiting_for: 'backend' })).toBeGreaterThanOrEqual(60);
  tell(callEnded(1));
  expect(valueOf(await series(), oldest)).toBe(0);
});

test('no answer is kept until it is counted', async () => {
  const { tell } = rig();
  const answer = ((): WeakRef<object> => {
    const message = { result: 'x'.repeat(1_000) };
    tell(callEnded(1, message));
    return new WeakRef(message);
  })();
  await collectGarbage();
  expect(answer.deref()).toBeUndefined();
});

test('no request that was passed on is kept until it is counted', async () => {
  const { tell, series } = rig();
  const body = ((): WeakRef<object> => {
    const bytes = new Uint8Array(1_000);
    const rawHeaders = ['authorization', 'Bearer secret'];
    const { signal } = new AbortController();
    tell(new PassedOn({ door: 'node', method: 'POST', rawHeaders, body: bytes, signal }, 'node-2', 'passed', 1));
    return new WeakRef(bytes);
  })();
  await collectGarbage();
  expect(body.deref()).toBeUndefined();
  expect(valueOf(await series(), 'mcp_backchannel_forwarded_total', { outcome: 'passed' })).toBe(1);
});
