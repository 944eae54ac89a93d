import type { Settings } from '../options.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import { isMethodMessage, isResponse, scopeOf, type Scope } from '../routing/message.js';
import { route } from '../routing/route.js';
import type { Decision, Departure } from './departure.js';
import { callbackFailed } from './report.js';
import type { Surroundings } from './wrapped-transport.js';

/** Decides where an outbound message goes. */
export function decide(departure: Departure): Decision {
  const { around, message, options, origin } = departure;
  const { sessions, settings } = around;

  const isOfClosedLife = origin?.ledger.life.over === true;

  if (isResponse(message)) {
    // A request of this life may have the same id as the one that it answers. A reader that was created on behalf of
    // that one lives on, and answers those of this life as well.
    const answersClosedLife = isOfClosedLife && origin.state === 'cut-off' && origin.id === message.id;
    const ledger = answersClosedLife ? undefined : outboundLedger(departure, isOfClosedLife ? undefined : origin);
    if (ledger === undefined) return { kind: 'response', departure, entry: undefined, answers: message.id };
    const entry = ledger.answer(message);
    sessions.prune(ledger);
    return { kind: 'response', departure, entry, answers: undefined };
  }
  if (!isMethodMessage(message)) return { kind: 'response', departure, entry: undefined, answers: undefined };

  if (isOfClosedLife) return { kind: 'of-closed-life', departure, message };
  const { session } = departure;
  const ledger = session === undefined ? outboundLedger(departure, origin) : sessions.named(session.session);
  departure.session = ledger;
  if (ledger === undefined) {
    const unchanged = { to: 'unchanged', evidence: 'not-inferred' } as const;
    return { kind: 'server-initiated', departure, message, ledger, route: unchanged };
  }
  const hints = {
    explicit: options?.relatedRequestId,
    context: origin?.ledger === ledger ? origin : undefined,
    scope: scope(message.method, around),
    ambiguous: settings.ambiguous,
    overdue: departure.parked?.isOverdue ?? isOverdueAtOnce(settings),
  };
  return {
    kind: 'server-initiated',
    departure,
    message,
    ledger,
    route: route(message, ledger, hints, around.streams),
  };
}

/** The session an outbound message belongs to. Never guessed: with several, it is known or it is not. */
function outboundLedger({ around, message, options }: Departure, origin: InFlight | undefined): Ledger | undefined {
  const { sessions, settings } = around;
  const { sessionOf } = settings;
  if (sessionOf === undefined) return sessions.named(undefined);
  const session = consult('sessionOf', around, () => sessionOf(message, options));
  if (session !== undefined) return sessions.named(session);
  // A reader that was created on behalf of a request lives on, and then speaks for every session.
  const context = origin?.state === 'in-flight' ? origin : undefined;
  if (!isResponse(message)) return context?.ledger;
  return context?.id === message.id ? context.ledger : sessions.holding(message.id);
}

/** Who may not wait is overdue from the start; what may go on the standalone stream only never is. */
function isOverdueAtOnce({ parkTimeoutMs, sessionWide }: Settings): boolean {
  return parkTimeoutMs === 0 && sessionWide === 'prefer-standalone';
}

function scope(method: string, around: Surroundings): Scope {
  const { scopeOf: own } = around.settings;
  const chosen = own && consult('scopeOf', around, () => own(method));
  return chosen ?? scopeOf(method);
}

/** Calls a hook. One that throws has said nothing. */
export function consult<R>(name: string, { report }: Surroundings, hook: () => R | undefined): R | undefined {
  try {
    return hook();
  } catch (cause) {
    report(callbackFailed(name, cause));
    return undefined;
  }
}
