import { assertNever } from '../assert-never.js';
import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import type { Ledger } from '../routing/ledger.js';
import { cancelledIdOf, isMethodMessage, isRequest, type MethodMessage, type RequestId } from '../routing/message.js';
import type { Refusal, Route } from '../routing/route.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import type { RouteEvent } from './events.js';
import type { Decision, Departure } from './pipeline.js';
import { nameOf, type Report } from './report.js';
import type { Taps } from './taps.js';
import { attempt, type UnorderedWrites, type WriteOrder } from './write-order.js';

/** Stands for the standalone stream where a stream is asked for. */
const STANDALONE = {};

/** A server-initiated message for which a route was found. */
interface Routed {
  readonly departure: Departure;
  readonly message: MethodMessage;
  readonly ledger: Ledger | undefined;
  readonly route: Exclude<Route, { to: 'nowhere' }>;
}

/** Carries out what was decided: gives messages to the inner transport, or says why it does not. */
export class Delivery {
  constructor(
    private readonly inner: TransportLike,
    private readonly order: WriteOrder | undefined,
    private readonly unordered: UnorderedWrites,
    private readonly taps: Taps,
    private readonly report: Report,
  ) {}

  /** Settles `decision.departure`. */
  deliver(decision: Decision): void {
    const { departure } = decision;
    switch (decision.kind) {
      case 'response':
        departure.settled = this.#write(departure, departure.options, decision.entry);
        return;
      case 'late':
        departure.settled = this.#refuse(departure, decision.message, undefined, closed(decision.message));
        return;
      case 'server-initiated': {
        const { message, ledger, route } = decision;
        departure.settled =
          route.to === 'nowhere'
            ? this.#refuse(
                departure,
                message,
                ledger,
                refused(message, route.code, departure.options?.relatedRequestId),
              )
            : this.#forward({ departure, message, ledger, route });
        return;
      }
      default:
        assertNever(decision);
    }
  }

  /** A message that nobody decided about, because the pipeline has ended. */
  afterClose(departure: Departure): Promise<void> {
    const { message, options } = departure;
    return isMethodMessage(message)
      ? this.#refuse(departure, message, undefined, closed(message))
      : attempt(() => this.inner.send(message, options));
  }

  #forward(routed: Routed): Promise<void> {
    const { departure, message, ledger, route } = routed;
    const options = optionsFor(route, departure.options);
    const stream = route.to === 'request' ? route.entry : STANDALONE;
    if (ledger !== undefined) followUp(ledger, message, route);

    const written = this.#write(departure, options, stream);
    if (this.#watched) {
      written.then(
        () => {
          this.#tell(routed, options, 'delivered', undefined);
        },
        (error: unknown) => {
          this.#tell(routed, options, 'failed', error as Error);
        },
      );
    }
    if (ledger !== undefined && isRequest(message)) {
      written.catch(() => ledger.closeExchange(message.id));
    }
    return written;
  }

  /** A request is rejected. A notification is reported: throwing at its sender takes proxies down. */
  #refuse(
    departure: Departure,
    message: MethodMessage,
    ledger: Ledger | undefined,
    error: BackchannelError,
  ): Promise<void> {
    if (this.#watched) {
      this.#emit({
        session: this.#sessionOf(ledger),
        method: message.method,
        id: isRequest(message) ? message.id : undefined,
        requested: departure.options?.relatedRequestId,
        to: 'nowhere',
        relatedRequestId: undefined,
        evidence: undefined,
        outcome: 'refused',
        error,
        waitedMs: performance.now() - departure.since,
      });
    }
    if (isRequest(message)) return Promise.reject(error);
    this.report(error);
    return Promise.resolve();
  }

  #write(departure: Departure, options: SendOptions | undefined, stream: object | undefined): Promise<void> {
    const write = (): Promise<void> => this.inner.send(departure.message, options);
    return this.order === undefined || stream === undefined
      ? this.unordered.write(write)
      : this.order.write(stream, write);
  }

  get #watched(): boolean {
    return this.taps.routesObserved || debug.route.enabled;
  }

  #tell(
    { departure, message, ledger, route }: Routed,
    options: SendOptions | undefined,
    outcome: 'delivered' | 'failed',
    error: Error | undefined,
  ): void {
    this.#emit({
      session: this.#sessionOf(ledger),
      method: message.method,
      id: isRequest(message) ? message.id : undefined,
      requested: departure.options?.relatedRequestId,
      to: route.to,
      relatedRequestId: options?.relatedRequestId,
      evidence: route.evidence,
      outcome,
      error,
      waitedMs: performance.now() - departure.since,
    });
  }

  #emit(event: RouteEvent): void {
    if (debug.route.enabled) {
      const { method, id, to, relatedRequestId, evidence, outcome, requested } = event;
      debug.route(
        '%s %o → %s %o (%s, asked for %o): %s',
        method,
        id,
        to,
        relatedRequestId,
        evidence,
        requested,
        outcome,
      );
    }
    this.taps.route(event);
  }

  #sessionOf(ledger: Ledger | undefined): string | undefined {
    return ledger?.session ?? (this.inner as { sessionId?: string }).sessionId;
  }
}

/** Keeps the book on exchanges: what a message opens or closes, later messages refer to. */
function followUp(ledger: Ledger, message: MethodMessage, route: Routed['route']): void {
  if (isRequest(message)) {
    // Before it is sent: an in-memory client answers while `send()` still runs.
    ledger.openExchange(message, route.to === 'request' ? route.entry : undefined);
  } else if (message.method === 'notifications/cancelled') {
    const id = cancelledIdOf(message);
    if (id !== undefined) ledger.closeExchange(id);
  }
}

/** The caller's options with the chosen `relatedRequestId`; the very same object where nothing changes. */
function optionsFor(route: Routed['route'], options: SendOptions | undefined): SendOptions | undefined {
  switch (route.to) {
    case 'request':
      return options?.relatedRequestId === route.entry.id ? options : { ...options, relatedRequestId: route.entry.id };
    case 'standalone': {
      if (options?.relatedRequestId === undefined) return options;
      const { relatedRequestId: _, ...others } = options;
      return others;
    }
    case 'unchanged':
      return options;
    default:
      return assertNever(route);
  }
}

function refused(message: MethodMessage, code: Refusal, requested: RequestId | undefined): BackchannelError {
  switch (code) {
    case 'NOT_IN_FLIGHT':
      return new BackchannelError(
        code,
        `${nameOf(message)} was not sent: request ${JSON.stringify(requested)}, which it names, is over, and no other ` +
          'is in flight. Send it before its request is answered.',
      );
    case 'AMBIGUOUS':
      return new BackchannelError(
        code,
        `${nameOf(message)} was not sent: several requests are in flight, and nothing tells which of them it belongs ` +
          "to. Give relatedRequestId, wrap the upstream transport with asUpstream(), or allow ambiguous: 'last-inbound'.",
      );
    case 'UNKNOWN_PROGRESS_TOKEN':
      return new BackchannelError(
        code,
        `${nameOf(message)} was not sent: no request in flight brought its progressToken. Report progress before the ` +
          'request is answered, with the token that it brought.',
      );
    default:
      return assertNever(code);
  }
}

function closed(message: MethodMessage): BackchannelError {
  return new BackchannelError('CLOSED', `${nameOf(message)} was not sent: the transport is closed.`);
}
