import type { Settings } from '../options.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import { isMethodMessage, isResponse, scopeOf, type Scope } from '../routing/message.js';
import { route } from '../routing/route.js';
import type { Sessions } from '../routing/sessions.js';
import type { Decision, Departure } from './departure.js';
import { callbackFailed } from './report.js';
import type { Surroundings } from './surroundings.js';

/** Decides where an outbound message goes. */
export function decide(departure: Departure): Decision {
  const { around, message, options, origin } = departure;
  const { sessions, settings } = around;

  if (isResponse(message)) {
    const ledger = outboundLedger(departure, origin);
    const entry = ledger?.answer(message);
    if (ledger !== undefined) sessions.prune(ledger);
    return { kind: 'response', departure, entry };
  }
  if (!isMethodMessage(message)) return { kind: 'response', departure, entry: undefined };

  if (origin?.ledger.life.over === true) return { kind: 'late', departure, message };
  const ledger = outboundLedger(departure, origin);
  if (ledger === undefined) {
    const unchanged = { to: 'unchanged', evidence: 'not-inferred' } as const;
    return { kind: 'server-initiated', departure, message, ledger, route: unchanged };
  }
  const hints = {
    explicit: options?.relatedRequestId,
    context: origin?.ledger === ledger ? origin : undefined,
    scope: scope(message.method, around),
    ambiguous: settings.ambiguous,
    late: departure.parked?.isLate ?? isLateAtOnce(settings),
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
  if (origin !== undefined) return currentLedger(sessions, origin);
  return isResponse(message) ? sessions.holding(message.id) : undefined;
}

/** A ledger is dropped when nothing is left in it: its session may have another by now. */
function currentLedger(sessions: Sessions, { ledger }: InFlight): Ledger {
  return ledger.life === sessions ? sessions.named(ledger.session) : ledger;
}

/** Who may not wait is late from the start; what may go on the standalone stream only is never late. */
function isLateAtOnce({ parkTimeoutMs, sessionWide }: Settings): boolean {
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
