import { context, SpanKind, trace, type Context, type Link } from '@opentelemetry/api';
import type { CallEnded, Peer, Waiting } from '../proxy-events.js';
import { isRecord, type JsonRpcMessage, type RequestMessage } from '../routing/message.js';
import { spanAttributesOf, subjectOf, withoutAbsent, type Subject } from './attributes.js';
import { Operation, type Ending } from './operation.js';
import type { Place } from './place.js';
import { contextIn, originOf, spanContextIn, type RequestHeaders } from './propagation.js';
import { SCOPE } from './scope.js';
import type { Show } from './shown-text.js';
import { Stopwatch } from './stopwatch.js';

/** A call of the client: the span of serving it, and below it that of calling the backend. */
export class CallSpans {
  readonly #subject: Subject;
  readonly #served: Operation | undefined;
  #forwarded: Operation | undefined;
  /** Since we last told that the call waits. */
  #waiting = new Stopwatch();

  /** @param headers of the HTTP request that brought it. `null`: no client called, the call is ours */
  constructor(
    private readonly message: RequestMessage,
    private readonly place: Place,
    headers: RequestHeaders | undefined | null,
    peer?: Peer,
  ) {
    this.#subject = subjectOf(message, place.show);
    if (headers === null) {
      this.forwarded();
      return;
    }
    const request = { kind: 'server', subject: this.#subject, ...place.client, peer } as const;
    this.#served = new Operation(request, originOf(message, headers));
  }

  get method(): string {
    return this.message.method;
  }

  /** The call goes on to the backend. */
  forwarded(): void {
    const { message, place } = this;
    // What the message says was said to whoever sends it now, and is followed by what that one does.
    const active = context.active();
    const parent = this.#served?.context ?? (spanContextIn(active) === undefined ? contextIn(message, active) : active);
    const request = { kind: 'client', subject: this.#subject, ...place.backend } as const;
    this.#forwarded ??= new Operation(request, { parent });
  }

  /** The context of what is done for the call: what the backend asks belongs in it. */
  get context(): Context {
    // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- one of them is made at once
    return (this.#forwarded ?? this.#served)!.context;
  }

  get link(): Link {
    // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- the context was made with a span
    return { context: trace.getSpanContext(this.context)! };
  }

  tell(name: string): void {
    (this.#served ?? this.#forwarded)?.tell(name);
  }

  /**
   * The call waits. Its span is not told to anybody before it ends, which it may never do. So the waiting is a span as
   * well, and ends at once.
   */
  waits({ on, forMs, question, refusal }: Waiting): void {
    const { show, backend } = this.place;
    const attributes = withoutAbsent({
      'mcp_backchannel.waiting_for': on,
      'mcp_backchannel.question': question && show(question.method),
      'mcp_backchannel.refusal': refusal && show(refusal),
    });
    for (const operation of [this.#served, this.#forwarded]) operation?.set(attributes);
    const told = { ...attributes, 'mcp_backchannel.waiting_ms': Math.round(forMs) };
    (this.#served ?? this.#forwarded)?.tell('mcp_backchannel.waiting', told);
    const ofCall = spanAttributesOf({ kind: 'server', subject: this.#subject, ...backend, network: {} });
    const options = { kind: SpanKind.INTERNAL, attributes: { ...ofCall, ...told }, startTime: this.#waiting.beganAt };
    trace.getTracer(SCOPE).startSpan(`waiting for ${on}`, options, this.context).end(this.#waiting.now);
    this.#waiting = new Stopwatch();
  }

  ended(outcome: CallEnded['outcome'], ending: Ending): void {
    for (const operation of [this.#forwarded, this.#served]) {
      operation?.set({ 'mcp_backchannel.outcome': outcome });
      operation?.end(ending);
    }
  }
}

/** What the end of a call means for its spans. @param isBackendGone the session ended because its backend did */
export function endingOf(
  { outcome, code, error }: Pick<CallEnded, 'outcome' | 'code' | 'error'>,
  isBackendGone: boolean,
  show: Show,
): Ending {
  const description = error === undefined ? undefined : show(error);
  switch (outcome) {
    case 'result':
      return {};
    case 'tool-error':
      return { error: 'tool_error' };
    case 'error':
      return { error: String(code ?? '_OTHER'), code, description };
    case 'session-ended':
      return { error: isBackendGone ? 'backend_ended' : 'session_ended', code, description };
    case 'refused':
    case 'undelivered':
    case 'cancelled':
      return { error: outcome, code, description };
    // no default
  }
}

/** The version that an answer to `initialize` names. */
export function versionIn(message: JsonRpcMessage | undefined, show: Show): string | undefined {
  const result = message?.result;
  const version = isRecord(result) ? result['protocolVersion'] : undefined;
  return typeof version === 'string' ? show(version) : undefined;
}
