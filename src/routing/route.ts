/**
 * The routing policy. Start reading here.
 *
 * {@link route} decides on which stream a server-initiated message leaves. It looks for evidence of the originating
 * request, the strongest first. The first evidence that names a request in flight wins. It is pure: it knows no clock, no
 * connection and no transport.
 *
 * @see https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2260 (SEP-2260: server requests must be
 * associated with an originating client request)
 */
import { assertNever } from './assert-never.js';
import type { Hints, KnownStreams } from './hints.js';
import type { Exchange, InFlight, Ledger } from './ledger.js';
import {
  cancelledIdOf,
  elicitationIdOf,
  isRequest,
  relatedTaskIdOf,
  reportedTokenOf,
  type MethodMessage,
} from './message.js';

/** Why a stream was chosen. The strongest evidence comes first. */
export type Evidence =
  /** the caller named a request that is in flight */
  | 'explicit'
  /** the backend says which request it sent the message for */
  | 'provenance'
  /** a progress notification carries the token that the request brought */
  | 'progress-token'
  /** the message follows up on one that went there before */
  | 'same-exchange'
  /** the request waits for the result of the task that the message belongs to */
  | 'related-task'
  /** the method belongs to the session, not to a request */
  | 'scope'
  /** the message was sent by code that runs on behalf of the request */
  | 'context'
  /** no other request may own the message: none in flight, and none that was cancelled and is not answered */
  | 'sole'
  /** the last inbound request that is still in flight */
  | 'last-inbound'
  /** nothing that could own the message is in flight */
  | 'nothing-in-flight'
  /** the rules do not apply: 2026-era traffic, or a session that cannot be named */
  | 'not-inferred';

/** Why a message has no route. */
export type Refusal = 'AMBIGUOUS' | 'NOT_IN_FLIGHT' | 'NO_STREAM' | 'UNKNOWN_PROGRESS_TOKEN';

/** Where a server-initiated message goes. */
export type Route =
  /** on the stream of this request: it leaves with the request's id as `relatedRequestId` */
  | { readonly to: 'request'; readonly entry: InFlight; readonly evidence: Evidence }
  /** on the standalone stream: it leaves without a `relatedRequestId` */
  | { readonly to: 'standalone'; readonly evidence: Evidence }
  /** as the caller sent it */
  | { readonly to: 'unchanged'; readonly evidence: Evidence }
  /** nowhere yet: it waits for the standalone stream, or for any stream */
  | { readonly to: 'parked'; readonly until: 'standalone' | 'any-stream' }
  /** nowhere: a request is rejected, a notification is reported */
  | { readonly to: 'nowhere'; readonly code: Refusal };

/** A message, and everything that decides its route. */
interface Situation {
  readonly message: MethodMessage;
  readonly ledger: Ledger;
  readonly hints: Hints;
  readonly streams: KnownStreams;
}

/** The table: each rule looks for one kind of evidence. `undefined`: there is none, and the next rule is asked. */
const RULES = [explicit, provenance, progressToken, sameExchange, relatedTask, scope, context, sole, lastInbound];

/**
 * Decides where a server-initiated message goes.
 *
 * @param ledger the requests in flight on the message's own session. No other session is ever looked at
 */
export function route(message: MethodMessage, ledger: Ledger, hints: Hints, streams: KnownStreams): Route {
  if (ledger.modern) return { to: 'unchanged', evidence: 'not-inferred' };
  const situation = { message, ledger, hints, streams };
  for (const rule of RULES) {
    const found = rule(situation);
    if (found !== undefined) return found;
  }
  return nothingInFlight(situation);
}

// ---- the rules, in their order ----

function explicit(situation: Situation): Route | undefined {
  return onStreamOf(namedByCaller(situation), 'explicit', situation.streams);
}

function provenance({ hints, streams }: Situation): Route | undefined {
  return onStreamOf(possibleOwner(hints.provenance), 'provenance', streams);
}

function progressToken({ message, ledger, streams }: Situation): Route | undefined {
  if (message.method !== 'notifications/progress') return undefined;
  const token = reportedTokenOf(message);
  const owner = token === undefined ? undefined : ledger.byProgressToken(token);
  if (owner !== undefined) return onStreamOf(owner, 'progress-token', streams);
  // A task and its token outlive the call that created the task.
  if (taskOf(message, ledger) !== undefined) return undefined;
  return { to: 'nowhere', code: 'UNKNOWN_PROGRESS_TOKEN' };
}

/** A cancellation goes where its server request went. The end of an elicitation goes where the elicitation went. */
function sameExchange({ message, ledger, streams }: Situation): Route | undefined {
  switch (message.method) {
    case 'notifications/cancelled': {
      const id = cancelledIdOf(message);
      return id === undefined ? undefined : whereItWent(ledger.exchanges.get(id), streams);
    }
    case 'notifications/elicitation/complete': {
      const elicitationId = elicitationIdOf(message);
      const entry = elicitationId === undefined ? undefined : ledger.exchanges.elicitation(elicitationId);
      return onStreamOf(entry, 'same-exchange', streams) ?? onStandalone('same-exchange', streams);
    }
    default:
      return undefined;
  }
}

/** The `tasks/result` of the task, otherwise the standalone stream. Never the call that created the task. */
function relatedTask({ message, ledger, streams }: Situation): Route | undefined {
  const taskId = taskOf(message, ledger);
  if (taskId === undefined) return undefined;
  const elsewhere: Route = onStandalone('related-task', streams) ?? { to: 'parked', until: 'any-stream' };
  return onStreamOf(ledger.taskResult(taskId), 'related-task', streams) ?? elsewhere;
}

/** What belongs to the session goes on the standalone stream, or waits for it. */
function scope({ ledger, hints, streams }: Situation): Route | undefined {
  switch (hints.scope) {
    case 'request':
      return undefined;
    case 'either':
      return streams.standalone === 'open' ? onStandalone('scope', streams) : undefined;
    case 'session': {
      // Better late on the stream of a request than never: a client that opens no standalone stream would work with an
      // old list of tools for ever.
      const elsewhere = hints.overdue ? onStreamOf(ledger.newestCandidate, 'scope', streams) : undefined;
      return onStandalone('scope', streams) ?? elsewhere ?? { to: 'parked', until: 'standalone' };
    }
    default:
      return assertNever(hints.scope);
  }
}

function context({ hints, streams }: Situation): Route | undefined {
  // A long-lived reader keeps the context of the request that created it. When that request is over, the context means
  // nothing.
  return onStreamOf(possibleOwner(hints.context), 'context', streams);
}

function sole(situation: Situation): Route | undefined {
  const { ledger, streams } = situation;
  const isSole = ledger.candidateCount === 1 && !belongsElsewhere(situation);
  return isSole ? onStreamOf(ledger.newestCandidate, 'sole', streams) : undefined;
}

function lastInbound(situation: Situation): Route | undefined {
  if (belongsElsewhere(situation)) return undefined;
  const { ledger, hints, streams } = situation;
  const found = onStreamOf(ledger.newestCandidate, 'last-inbound', streams);
  // A message that may go on any stream belongs to no request, so nothing is guessed.
  const isGuess = ledger.candidateCount > 1 && hints.scope !== 'either' && hints.ambiguous === 'reject';
  return found !== undefined && isGuess ? { to: 'nowhere', code: 'AMBIGUOUS' } : found;
}

function nothingInFlight(situation: Situation): Route {
  const { hints, streams } = situation;
  const evidence = 'nothing-in-flight';
  switch (streams.standalone) {
    case 'open':
      return { to: 'standalone', evidence };
    case 'closed':
      if (isOfCancelled(situation)) return { to: 'nowhere', code: 'NOT_IN_FLIGHT' };
      return hints.scope === 'either' ? { to: 'nowhere', code: 'NO_STREAM' } : { to: 'parked', until: 'any-stream' };
    case 'assumed':
      return hints.explicit === undefined ? { to: 'unchanged', evidence } : { to: 'standalone', evidence };
    case 'unknown':
      if (hints.explicit === undefined) return { to: 'unchanged', evidence };
      // In JSON mode the standalone stream is the only way. Otherwise the transport would throw.
      return streams.requests === 'closed' ? { to: 'standalone', evidence } : { to: 'nowhere', code: 'NOT_IN_FLIGHT' };
    default:
      return assertNever(streams.standalone);
  }
}

// ---- what the rules ask: whose message it is, and which stream can take it ----

/** The request in flight that the caller named. */
function namedByCaller({ ledger, hints }: Situation): InFlight | undefined {
  return hints.explicit === undefined ? undefined : ledger.get(hints.explicit);
}

/** The request, if it may still own messages. */
function possibleOwner(entry: InFlight | undefined): InFlight | undefined {
  return entry?.state === 'in-flight' && entry.rank !== 'never' ? entry : undefined;
}

function taskOf(message: MethodMessage, ledger: Ledger): string | undefined {
  const related = relatedTaskIdOf(message);
  if (related !== undefined || message.method !== 'notifications/progress') return related;
  const token = reportedTokenOf(message);
  return token === undefined ? undefined : ledger.taskOfToken(token);
}

/** Whether the owner of this server request is known but has no stream, so that no other request may be taken for it. */
function belongsElsewhere(situation: Situation): boolean {
  return isOfCancelled(situation) || isOfVanished(situation);
}

/** Whether this server request names a client request that was cancelled. */
function isOfCancelled({ message, ledger, hints }: Situation): boolean {
  if (hints.scope !== 'request' || !isRequest(message)) return false;
  const { explicit: named, provenance: origin } = hints;
  return (named !== undefined && ledger.wasCancelled(named)) || origin?.state === 'cancelled';
}

/** Whether the client has left the stream of the request that this server request belongs to. */
function isOfVanished(situation: Situation): boolean {
  if (situation.hints.scope !== 'request' || !isRequest(situation.message)) return false;
  return namedByCaller(situation)?.adrift === true || possibleOwner(situation.hints.context)?.adrift === true;
}

/** The stream of a request, if it can take the message. */
function onStreamOf(entry: InFlight | undefined, evidence: Evidence, streams: KnownStreams): Route | undefined {
  if (entry === undefined || entry.adrift) return undefined;
  const isWritable = entry.isStreaming ?? streams.requests === 'open';
  return isWritable ? { to: 'request', entry, evidence } : undefined;
}

/** The standalone stream, unless the client is known not to hold it. */
function onStandalone(evidence: Evidence, streams: KnownStreams): Route | undefined {
  return streams.standalone === 'closed' ? undefined : { to: 'standalone', evidence };
}

function whereItWent(exchange: Exchange | undefined, streams: KnownStreams): Route | undefined {
  if (exchange === undefined) return undefined;
  if (exchange.entry === undefined) return onStandalone('same-exchange', streams);
  // The client may have cancelled the request, and with it the work that now takes its server request back. No response
  // has closed that stream, and this is the only message that still belongs there.
  return exchange.entry.state === 'answered' ? undefined : onStreamOf(exchange.entry, 'same-exchange', streams);
}
