import { Counter, Histogram, type Registry } from 'prom-client';
import type { BackchannelErrorCode } from '../../errors.js';
import type { Resumed } from '../../proxy-events.js';
import type { Counting } from './counting.js';

/** Why a message may not reach its client. What a transport says in its own words is no label. */
const REASONS: readonly BackchannelErrorCode[] = [
  'NOT_IN_FLIGHT',
  'NO_STREAM',
  'PARK_TIMEOUT',
  'PARK_FULL',
  'WRITE_TIMEOUT',
  'SLOW_CLIENT',
  'ORPHANED',
  'ANSWER_REFUSED',
  'CANCELLED',
  'AMBIGUOUS',
  'UNKNOWN_PROGRESS_TOKEN',
  'DUPLICATE_REQUEST_ID',
  'TOO_MANY_REQUESTS',
  'UNWRITABLE_MESSAGE',
  'UNREADABLE_MESSAGE',
  'CLOSED',
];

const ROUNDS: readonly ('asked' | Resumed['outcome'])[] = ['asked', 'came-back', 'expired', 'refused'];

/** What became of server-initiated messages, and of the rounds in which modern clients are asked. */
export function routeMetrics(registry: Registry): Counting {
  const registers = [registry];
  const routes = new Counter({
    name: 'mcp_backchannel_routes_total',
    help: 'Server-initiated messages by outcome, and by the evidence that chose their stream.',
    labelNames: ['evidence', 'outcome'],
    registers,
  });
  const undelivered = new Counter({
    name: 'mcp_backchannel_undelivered_total',
    help: 'Server-initiated messages that did not reach their clients, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const waits = new Histogram({
    name: 'mcp_backchannel_wait_seconds',
    help: 'Time from sending a server-initiated message to its delivery or failure.',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 120],
    registers,
  });
  const rounds = new Counter({
    name: 'mcp_backchannel_rounds_total',
    help: 'Rounds of input of clients without sessions, by what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  const reasons = new Set<string>(REASONS);
  // A counter that begins at 1 has not increased for Prometheus.
  for (const reason of [...REASONS, 'other']) undelivered.inc({ reason }, 0);
  for (const outcome of ROUNDS) rounds.inc({ outcome }, 0);

  return {
    route: ({ evidence = 'none', outcome, error = '', waitedMs }) => {
      routes.inc({ evidence, outcome });
      // A parked or orphaned message has another event, before or after this one.
      if (outcome !== 'parked' && outcome !== 'orphaned') waits.observe(waitedMs / 1000);
      if (outcome === 'refused' || outcome === 'failed' || outcome === 'orphaned')
        undelivered.inc({ reason: reasons.has(error) ? error : 'other' });
    },
    suspended: () => {
      rounds.inc({ outcome: 'asked' });
    },
    resumed: ({ outcome }) => {
      rounds.inc({ outcome });
    },
  };
}
