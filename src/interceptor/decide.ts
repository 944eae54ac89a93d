import type { InFlight, Ledger } from '../routing/ledger.js';
import { isMethodMessage, isResponse, scopeOf, type Scope } from '../routing/message.js';
import { route } from '../routing/route.js';
import { isEmptyResponse } from './writable.js';
import type { Decision, Departure } from './departure.js';
import { callbackFailed } from './report.js';
import type { WrappedTransport } from './wrapped-transport.js';

/** Decides where an outbound message goes. */
export function decide(departure: Departure): Decision {
  const { transport, message, options, origin } = departure;
  const { ledgers, settings } = transport;

  const isOfClosedLife = origin?.ledger.life.over === true;

  if (isResponse(message) || isEmptyResponse(message)) {
    // A request of the current life may have the same id as the one that is answered. A reader that was created on
    // behalf of a request of a closed life lives on, and answers requests of the current life too.
    const answersClosedLife = isOfClosedLife && origin.state === 'cut-off' && origin.id === message.id;
    const ledger = answersClosedLife ? undefined : outboundLedger(departure, isOfClosedLife ? undefined : origin);
    if (ledger === undefined) return { kind: 'response', departure, entry: undefined, answers: message.id };
    const entry = ledger.answer(message);
    ledgers.prune(ledger);
    return { kind: 'response', departure, entry, answers: undefined };
  }
  if (!isMethodMessage(message)) return { kind: 'response', departure, entry: undefined, answers: undefined };

  if (isOfClosedLife) return { kind: 'of-closed-life', departure, message };
  const { session } = departure;
  const ledger = session === undefined ? outboundLedger(departure, origin) : ledgers.named(session.session);
  departure.session = ledger;
  if (ledger === undefined) {
    const unchanged = { to: 'unchanged', evidence: 'not-inferred' } as const;
    return { kind: 'server-initiated', departure, message, ledger, route: unchanged };
  }
  const context = origin?.ledger === ledger ? origin : undefined;
  const belongs = scope(message.method, transport);
  const hints = {
    explicit: options?.relatedRequestId,
    provenance: departure.isOriginSaid ? context : undefined,
    context,
    scope: belongs,
    ambiguous: settings.ambiguous,
    overdue: departure.parked?.isOverdue ?? (belongs === 'session' && isOverdueAtOnce(transport)),
  };
  return {
    kind: 'server-initiated',
    departure,
    message,
    ledger,
    route: route(message, ledger, hints, transport.streams),
  };
}

/** The session of an outbound message. It is never guessed: if there are several sessions, it is known or it is not. */
function outboundLedger({ transport, message, options }: Departure, origin: InFlight | undefined): Ledger | undefined {
  const { ledgers, settings } = transport;
  const { sessionOf } = settings;
  if (sessionOf === undefined) return ledgers.named(undefined);
  const session = consult('sessionOf', transport, () => sessionOf(message, options));
  if (session !== undefined) return ledgers.named(session);
  // A reader that was created on behalf of a request outlives it, and then speaks for every session.
  const context = origin?.state === 'in-flight' ? origin : undefined;
  if (!isResponse(message)) return context?.ledger;
  return context?.id === message.id ? context.ledger : ledgers.holding(message.id);
}

/**
 * A message is overdue from the start if it may not wait, or would wait in vain. One that may only go on the standalone
 * stream never is.
 */
function isOverdueAtOnce({ settings, opensNoStandalone }: WrappedTransport): boolean {
  return settings.sessionWide === 'prefer-standalone' && (settings.parkTimeoutMs === 0 || opensNoStandalone);
}

function scope(method: string, transport: WrappedTransport): Scope {
  const { scopeOf: own } = transport.settings;
  const chosen = own && consult('scopeOf', transport, () => own(method));
  return chosen ?? scopeOf(method);
}

/** Calls a hook. A hook that throws counts as one that returns `undefined`. */
export function consult<R>(name: string, { report }: WrappedTransport, hook: () => R | undefined): R | undefined {
  try {
    return hook();
  } catch (cause) {
    report(callbackFailed(name, cause));
    return undefined;
  }
}
