import { Counter, type Registry } from 'prom-client';
import type { Forwarded, SessionEnd } from '../../proxy-events.js';
import type { Counting } from './counting.js';

const ENDS: readonly SessionEnd[] = ['client', 'idle', 'backend', 'refused', 'shutdown', 'moved'];
const FORWARDS: readonly Forwarded['outcome'][] = ['passed', 'gone', 'busy'];

/** Processes have exit codes up to this one. On Windows they have any number of 32 bits, which a label must not have. */
const MAX_EXIT_CODE = 255;

/** How sessions began and ended, how backends did, and what was passed on to other nodes. */
export function lifeMetrics(registry: Registry): Counting {
  const registers = [registry];
  const opened = new Counter({
    name: 'mcp_backchannel_sessions_opened_total',
    help: 'Sessions that were opened.',
    registers,
  });
  const ended = new Counter({
    name: 'mcp_backchannel_sessions_ended_total',
    help: 'Sessions that have ended, by what ended them.',
    labelNames: ['by'],
    registers,
  });
  const started = new Counter({
    name: 'mcp_backchannel_backend_starts_total',
    help: 'Backends that were started or connected.',
    registers,
  });
  const exits = new Counter({
    name: 'mcp_backchannel_backend_exits_total',
    help: 'Backends that are gone, by exit code or signal. None: its session is over, or it is no process of ours.',
    labelNames: ['code'],
    registers,
  });
  const forwarded = new Counter({
    name: 'mcp_backchannel_forwarded_total',
    help: 'Requests for sessions of other nodes, by what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  // A counter that begins at 1 has not increased for Prometheus.
  for (const by of ENDS) ended.inc({ by }, 0);
  for (const code of ['none', '0', '1']) exits.inc({ code }, 0);
  for (const outcome of FORWARDS) forwarded.inc({ outcome }, 0);

  return {
    'session-opened': () => {
      opened.inc();
    },
    'session-ended': ({ by }) => {
      ended.inc({ by });
    },
    'backend-started': () => {
      started.inc();
    },
    'backend-ended': ({ exitCode, signal }) => {
      exits.inc({ code: codeLabel(exitCode, signal) });
    },
    forwarded: ({ outcome }) => {
      forwarded.inc({ outcome });
    },
  };
}

function codeLabel(code: number | undefined, signal: string | undefined): string {
  if (code === undefined) return signal ?? 'none';
  return code >= 0 && code <= MAX_EXIT_CODE ? String(code) : 'other';
}
