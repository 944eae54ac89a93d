import { ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import type { Answered, Routed } from '../proxy-events.js';
import { isRecord, type RequestMessage } from '../routing/message.js';
import { subjectOf, type Subject } from './attributes.js';
import type { CallSpans } from './call-spans.js';
import { Operation, type Beginning, type Ending } from './operation.js';
import type { Place, SessionSpansOptions } from './place.js';
import { contextIn, spanContextIn } from './propagation.js';
import type { Show } from './shown-text.js';
import { Stopwatch } from './stopwatch.js';

/**
 * A question of the backend: the span of serving it, and below it that of asking the client. Which call it belongs to is
 * known when it is routed, so the spans are made then, and begin when the question came.
 */
export class QuestionSpans {
  readonly #since = new Stopwatch();
  readonly #subject: Subject;
  #served: Operation | undefined;
  #asked: Operation | undefined;
  #isParked = false;
  /** Why the client was not asked, or will not answer. */
  #failure: string | undefined;

  /** @param faces a proxy faces `both`. Whoever asks by himself faces the client, and who is asked, the backend */
  constructor(
    private readonly message: RequestMessage,
    private readonly place: Place,
    private readonly faces: SessionSpansOptions['faces'],
  ) {
    this.#subject = subjectOf(message, place.show);
  }

  get context(): Context | undefined {
    return (this.#asked ?? this.#served)?.context;
  }

  /** @param within the context of its call, if that is known */
  arrived(within: Context | undefined, inFlight: Iterable<CallSpans>): void {
    if (this.#served !== undefined || this.faces === 'client') return;
    const request = { kind: 'server', subject: this.#subject, ...this.place.backend } as const;
    this.#served = new Operation(request, { ...this.#belonging(within, inFlight), since: this.#since });
    if (this.#isParked) this.#served.tell('mcp_backchannel.parked');
  }

  /** The client is asked. */
  sent(within: Context | undefined, inFlight: Iterable<CallSpans>): void {
    if (this.#asked !== undefined || this.faces === 'backend') return;
    this.arrived(within, inFlight);
    const request = { kind: 'client', subject: this.#subject, ...this.place.client } as const;
    // What the message says was said to whoever passes it on, and is followed by what that one does.
    const parent = this.#served?.context ?? within;
    this.#asked = new Operation(request, parent === undefined ? this.#belonging(within, inFlight) : { parent });
  }

  routed({ outcome, evidence, to, waitedMs, error }: Routed): void {
    if (outcome === 'parked') this.#isParked = true;
    if (outcome !== 'delivered' && outcome !== 'parked') this.#failure = this.place.show(error ?? outcome);
    for (const operation of [this.#served, this.#asked]) {
      operation?.set({
        'mcp_backchannel.evidence': evidence,
        'mcp_backchannel.stream': to === 'nowhere' ? undefined : to,
        'mcp_backchannel.waited_ms': outcome === 'parked' ? undefined : Math.round(waitedMs),
      });
    }
  }

  failedBy(failure: string): void {
    this.#failure ??= this.place.show(failure);
  }

  ended(outcome: Answered['outcome'] | undefined, ending: Ending): void {
    const known =
      ending.error === undefined || this.#failure === undefined ? ending : { ...ending, error: this.#failure };
    for (const operation of [this.#asked, this.#served]) {
      operation?.set({ 'mcp_backchannel.outcome': outcome });
      operation?.end(known);
    }
  }

  /** In its call. If that is not known, the calls that it may belong to are linked. */
  #belonging(within: Context | undefined, inFlight: Iterable<CallSpans>): Beginning {
    const said = contextIn(this.message);
    const own = spanContextIn(said);
    if (within !== undefined) {
      const call = spanContextIn(within);
      if (own === undefined || own.spanId === call?.spanId) return { parent: within };
      // The backend has spans of its own between the call and the question.
      return own.traceId === call?.traceId ? { parent: said } : { parent: within, links: [{ context: own }] };
    }
    return { parent: own === undefined ? ROOT_CONTEXT : said, links: Array.from(inFlight, ({ link }) => link) };
  }
}

/** What the answer to a question means for its spans. */
export function answerEndingOf(
  { outcome, by, error, message }: Pick<Answered, 'outcome' | 'by' | 'error' | 'message'>,
  show: Show,
): Ending {
  const description = error === undefined ? undefined : show(error);
  if (outcome === 'taken-back') return { error: 'cancelled', description };
  if (outcome !== 'error') return {};
  const answer = message?.error;
  const code = isRecord(answer) && typeof answer['code'] === 'number' ? answer['code'] : undefined;
  return { error: by === 'proxy' ? 'refused' : String(code ?? '_OTHER'), code, description };
}
