import { now } from '../clock.js';
import { debug } from '../debug.js';
import type { Exchange, Ledger } from '../routing/ledger.js';
import { isRequest, type MethodMessage, type RequestId } from '../routing/message.js';
import type { RouteEvent } from './events.js';
import { NOT_TIMED, type Departure } from './departure.js';
import { shown, shownMethod } from './report.js';
import type { Observables } from './observables.js';
import { sessionPrefix } from './session-prefix.js';

/** Tells `routes$` and `debug` what becomes of a message. */
export class RouteLog {
  constructor(
    private readonly observables: Observables,
    private readonly transport: object,
  ) {}

  /** Whether anybody would see an event. An event that nobody sees is not made. */
  get isWatched(): boolean {
    return this.observables.routesObserved || debug.route.enabled;
  }

  tell(
    { options, since }: Pick<Departure, 'options' | 'since'>,
    message: MethodMessage,
    ledger: Ledger | undefined,
    what: Pick<RouteEvent, 'outcome'> & Partial<Pick<RouteEvent, 'to' | 'relatedRequestId' | 'evidence' | 'error'>>,
  ): void {
    if (!this.isWatched || since === NOT_TIMED) return;
    this.#emit({
      session: ledger?.session ?? (this.transport as { readonly sessionId?: string }).sessionId,
      ...nameIn(message),
      requested: options?.relatedRequestId,
      to: what.to ?? 'nowhere',
      relatedRequestId: what.relatedRequestId,
      evidence: what.evidence,
      outcome: what.outcome,
      error: what.error,
      waitedMs: now() - since,
    });
  }

  /** A request was delivered and will not be answered. */
  orphaned({ id, method, entry, since }: Exchange, ledger: Ledger, error: Error): void {
    if (!this.isWatched) return;
    const to = entry === undefined ? 'standalone' : 'request';
    const message = { id, method };
    this.tell({ options: undefined, since }, message, ledger, {
      to,
      relatedRequestId: entry?.id,
      outcome: 'orphaned',
      error,
    });
  }

  #emit(event: RouteEvent): void {
    logRoute(event);
    this.observables.route(event);
  }
}

/** Writes the debug line of an event, if debug lines are enabled. */
export function logRoute(event: RouteEvent): void {
  if (debug.route.enabled) debug.route('%s%s', sessionPrefix(event.session), describe(event));
}

/** A message that throws when it is read has its event too: its sender may wait for the outcome. */
function nameIn(message: MethodMessage): Pick<RouteEvent, 'method' | 'id'> {
  try {
    return { method: message.method, id: isRequest(message) ? message.id : undefined };
  } catch {
    return { method: '(unreadable)', id: undefined };
  }
}

/** `elicitation/create 3 → request 7 (context, asked for 1): delivered after 12 ms` */
function describe(event: RouteEvent): string {
  const { method, id, to, relatedRequestId, evidence, requested, outcome, error, waitedMs } = event;
  const target = to === 'request' ? `request ${show(relatedRequestId)}` : to;
  const why = [evidence, requested === undefined ? undefined : `asked for ${show(requested)}`];
  const because = why.filter((reason) => reason !== undefined).join(', ');
  const code = error === undefined ? '' : ` ${(error as { readonly code?: string }).code ?? error.message}`;
  const name = id === undefined ? shownMethod(method) : `${shownMethod(method)} ${show(id)}`;
  return `${name} → ${target}${because && ` (${because})`}: ${outcome}${code} after ${Math.round(waitedMs)} ms`;
}

function show(id: RequestId | undefined): string {
  return id === undefined ? 'nothing' : shown(id);
}
