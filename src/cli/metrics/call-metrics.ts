import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WaitsOn } from '../../proxy-events.js';
import type { OpenCall } from '../../proxy/open-calls.js';
import type { Counting } from './counting.js';
import { methodLabel } from './method-label.js';

/**
 * What the semantic conventions of OpenTelemetry advise for the duration of an MCP operation, in seconds. The last is
 * as long as most clients wait.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/#metric-mcpserveroperationduration
 */
export const OPERATION_BUCKETS: number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

const WAITS_ON: readonly WaitsOn[] = ['backend', 'client', 'stream', 'turn'];

/** Calls by method and outcome, and how long they took. */
export function callMetrics(registry: Registry): Counting {
  const registers = [registry];
  const calls = new Counter({
    name: 'mcp_backchannel_calls_total',
    help: 'Calls of clients that are over, by method and outcome.',
    labelNames: ['method', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'mcp_backchannel_call_duration_seconds',
    help: 'Time from a call to its answer, or until it was clear that there would be none.',
    labelNames: ['method'],
    buckets: OPERATION_BUCKETS,
    registers,
  });
  const waits = new Counter({
    name: 'mcp_backchannel_waiting_total',
    help: 'Calls that had no answer after 30 s, told again each time they had waited twice as long, by whose turn it was.',
    labelNames: ['waiting_for'],
    registers,
  });
  // A counter that begins at 1 has not increased for Prometheus.
  for (const on of WAITS_ON) waits.inc({ waiting_for: on }, 0);

  return {
    'call-ended': ({ method: called, outcome, durationMs }) => {
      const method = methodLabel(called);
      calls.inc({ method, outcome });
      durations.observe({ method }, durationMs / 1000);
    },
    waiting: ({ on }) => {
      waits.inc({ waiting_for: on });
    },
  };
}

/** The age of the oldest call, by whose turn it is. @param open the calls that have no answer yet */
export function addOldest(registry: Registry, open: () => Iterable<Pick<OpenCall, 'since' | 'on'>>): void {
  new Gauge({
    name: 'mcp_backchannel_oldest_in_flight_seconds',
    help: 'Age of the oldest call that has no answer yet, by whose turn it is. 0 means that there is none.',
    labelNames: ['waiting_for'],
    registers: [registry],
    collect() {
      const now = Date.now();
      const oldest: Record<WaitsOn, number> = { backend: 0, client: 0, stream: 0, turn: 0 };
      for (const { since, on } of open()) oldest[on] = Math.max(oldest[on], now - since);
      for (const on of WAITS_ON) this.set({ waiting_for: on }, oldest[on] / 1000);
    },
  });
}
