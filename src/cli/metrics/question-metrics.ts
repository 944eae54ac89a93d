import { Counter, Histogram, type Registry } from 'prom-client';
import { BriefMap } from '../../routing/brief-map.js';
import type { Answered, Routed } from '../../proxy-events.js';
import type { RequestId } from '../../routing/message.js';
import { OPERATION_BUCKETS } from './call-metrics.js';
import type { Counting } from './counting.js';
import { methodLabel } from './method-label.js';

type Way = Pick<Routed, 'evidence' | 'outcome'>;

/** Questions of backends by kind, evidence and outcome, and how long their answers took. */
export function questionMetrics(registry: Registry): Counting {
  const registers = [registry];
  const questions = new Counter({
    name: 'mcp_backchannel_questions_total',
    help: 'Requests of backends that are over, by method, by the evidence that chose their stream, and by outcome.',
    labelNames: ['method', 'evidence', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'mcp_backchannel_question_duration_seconds',
    help: 'Time from a request of a backend to its answer. Users take part of it to think.',
    labelNames: ['method'],
    buckets: OPERATION_BUCKETS,
    registers,
  });
  const ways = new Ways();

  return {
    question: ({ session, id }) => {
      ways.note(session, id, { evidence: undefined, outcome: 'parked' });
    },
    route: (event) => {
      // What is told of a question that is over would stay for ever.
      if (event.id !== undefined && ways.has(event.session, event.id)) ways.note(event.session, event.id, event);
    },
    answer: (event) => {
      const way = ways.take(event.session, event.id);
      const method = methodLabel(event.method);
      questions.inc({ method, evidence: way?.evidence ?? 'none', outcome: outcomeOf(event, way) });
      durations.observe({ method }, event.durationMs / 1000);
    },
    'session-ended': ({ session }) => {
      ways.forget(session);
    },
  };
}

/** `refused` never reached the client. `lost` did, and the client will not answer it. */
function outcomeOf({ by, outcome }: Answered, way: Way | undefined): string {
  if (by !== 'proxy') return outcome;
  return way?.outcome === 'delivered' || way?.outcome === 'orphaned' ? 'lost' : 'refused';
}

/** The ways of the questions that are open. */
class Ways {
  readonly #sessions = new BriefMap<string | undefined, BriefMap<RequestId, Way>>();

  note(session: string | undefined, id: RequestId, way: Way): void {
    let ways = this.#sessions.get(session);
    if (ways === undefined) this.#sessions.set(session, (ways = new BriefMap<RequestId, Way>()));
    // A message that is refused or orphaned keeps the evidence by which it had left.
    const evidence = way.evidence ?? ways.get(id)?.evidence;
    ways.set(id, { evidence, outcome: way.outcome });
  }

  has(session: string | undefined, id: RequestId): boolean {
    return this.#sessions.get(session)?.has(id) === true;
  }

  take(session: string | undefined, id: RequestId): Way | undefined {
    const ways = this.#sessions.get(session);
    const way = ways?.get(id);
    ways?.delete(id);
    if (ways?.size === 0) this.#sessions.delete(session);
    return way;
  }

  forget(session: string | undefined): void {
    this.#sessions.delete(session);
  }
}
