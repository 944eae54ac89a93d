/**
 * The routing policy, start reading here.
 *
 * {@link route} decides on which stream a server-initiated message leaves. It asks for evidence of
 * the originating request, the strongest first; the first evidence that names a request in flight
 * wins. It is pure: no clock, no stream, no transport.
 *
 * @see https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2260 (SEP-2260: server
 * requests must be associated with an originating client request)
 */
import type { Exchange, InFlight, Ledger } from './ledger.js';
import {
  cancelledIdOf,
  elicitationIdOf,
  relatedTaskIdOf,
  reportedTokenOf,
  type MethodMessage,
  type RequestId,
  type Scope,
} from './message.js';

/** Why a stream was chosen, the strongest evidence first. */
export type Evidence =
  /** the caller named a request that is in flight */
  | 'explicit'
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
  /** no other request is in flight */
  | 'sole'
  /** the last inbound request that is still in flight */
  | 'last-inbound'
  /** nothing that could own the message is in flight */
  | 'nothing-in-flight'
  /** the rules do not apply: 2026-era traffic, or a session nobody can name */
  | 'not-inferred';

/** Why a message can go nowhere. */
export type Refusal = 'AMBIGUOUS' | 'NOT_IN_FLIGHT' | 'UNKNOWN_PROGRESS_TOKEN';

/** Where a server-initiated message goes. */
export type Route =
  /** on the stream of this request: it leaves with the request's id as `relatedRequestId` */
  | { readonly to: 'request'; readonly entry: InFlight; readonly evidence: Evidence }
  /** on the standalone stream: it leaves without a `relatedRequestId` */
  | { readonly to: 'standalone'; readonly evidence: Evidence }
  /** as the caller sent it */
  | { readonly to: 'unchanged'; readonly evidence: Evidence }
  /** nowhere: a request is rejected, a notification reported */
  | { readonly to: 'nowhere'; readonly code: Refusal };

/** What is known of a message besides its content. */
export interface Hints {
  /** `relatedRequestId` as the caller gave it. */
  readonly explicit: RequestId | undefined;
  /** The request in whose async context the message was sent. */
  readonly context: InFlight | undefined;
  /** Where messages of its method belong. */
  readonly scope: Scope;
  /** What `last-inbound` does when several requests are in flight. */
  readonly ambiguous: 'last-inbound' | 'reject';
}

/** What is known of the streams that the client holds open. */
export interface Streams {
  /**
   * - `'assumed'`: the transport has one stream, which carries everything
   * - `'unknown'`: there are several, and nobody watches them
   */
  readonly standalone: 'assumed' | 'unknown';
}

interface Question {
  readonly message: MethodMessage;
  readonly ledger: Ledger;
  readonly hints: Hints;
  readonly streams: Streams;
}

/** Looks for one kind of evidence. `undefined`: there is none, ask the next. */
type Rule = (question: Question) => Route | undefined;

const RULES: readonly Rule[] = [explicit, progressToken, sameExchange, relatedTask, scope, context, sole, lastInbound];

/**
 * Decides where a server-initiated message goes.
 *
 * @param ledger the requests in flight on the message's own session: no other is ever looked at
 */
export function route(message: MethodMessage, ledger: Ledger, hints: Hints, streams: Streams): Route {
  if (ledger.modern) return { to: 'unchanged', evidence: 'not-inferred' };
  const question = { message, ledger, hints, streams };
  for (const rule of RULES) {
    const found = rule(question);
    if (found !== undefined) return found;
  }
  return nothingInFlight(question);
}

function explicit({ ledger, hints }: Question): Route | undefined {
  return hints.explicit === undefined ? undefined : onStreamOf(ledger.get(hints.explicit), 'explicit');
}

function progressToken({ message, ledger }: Question): Route | undefined {
  if (message.method !== 'notifications/progress') return undefined;
  const token = reportedTokenOf(message);
  const owner = token === undefined ? undefined : ledger.byProgressToken(token);
  if (owner !== undefined) return onStreamOf(owner, 'progress-token');
  // A task goes on after the call that created it was answered, and so does its token.
  if (taskOf(message, ledger) !== undefined) return undefined;
  return { to: 'nowhere', code: 'UNKNOWN_PROGRESS_TOKEN' };
}

function sameExchange({ message, ledger }: Question): Route | undefined {
  switch (message.method) {
    case 'notifications/cancelled': {
      const id = cancelledIdOf(message);
      return id === undefined ? undefined : whereItWent(ledger.exchange(id));
    }
    case 'notifications/elicitation/complete': {
      const elicitationId = elicitationIdOf(message);
      const entry = elicitationId === undefined ? undefined : ledger.elicitation(elicitationId);
      return entry === undefined ? { to: 'standalone', evidence: 'same-exchange' } : onStreamOf(entry, 'same-exchange');
    }
    default:
      return undefined;
  }
}

function whereItWent(exchange: Exchange | undefined): Route | undefined {
  if (exchange === undefined) return undefined;
  if (exchange.entry === undefined) return { to: 'standalone', evidence: 'same-exchange' };
  // The client may have cancelled the request, and with it the work that now takes its question
  // back: no answer has closed that stream, and this is the one message that still belongs there.
  return exchange.entry.state === 'answered' ? undefined : onStreamOf(exchange.entry, 'same-exchange');
}

function relatedTask({ message, ledger }: Question): Route | undefined {
  const taskId = taskOf(message, ledger);
  if (taskId === undefined) return undefined;
  return onStreamOf(ledger.taskResult(taskId), 'related-task') ?? { to: 'standalone', evidence: 'related-task' };
}

function taskOf(message: MethodMessage, ledger: Ledger): string | undefined {
  const related = relatedTaskIdOf(message);
  if (related !== undefined || message.method !== 'notifications/progress') return related;
  const token = reportedTokenOf(message);
  return token === undefined ? undefined : ledger.taskOfToken(token);
}

function scope({ hints }: Question): Route | undefined {
  return hints.scope === 'session' ? { to: 'standalone', evidence: 'scope' } : undefined;
}

function context({ hints }: Question): Route | undefined {
  const entry = hints.context;
  // A long-lived reader keeps the context of the request that created it: once that is over, the
  // context says nothing.
  return entry?.state === 'in-flight' && entry.rank !== 'never' ? onStreamOf(entry, 'context') : undefined;
}

function sole({ ledger }: Question): Route | undefined {
  return ledger.candidates.size === 1 ? onStreamOf(ledger.candidates.newest, 'sole') : undefined;
}

function lastInbound({ ledger, hints }: Question): Route | undefined {
  if (ledger.candidates.size > 1 && hints.ambiguous === 'reject') return { to: 'nowhere', code: 'AMBIGUOUS' };
  return onStreamOf(ledger.candidates.newest, 'last-inbound');
}

function nothingInFlight({ hints, streams }: Question): Route {
  if (hints.explicit === undefined) return { to: 'unchanged', evidence: 'nothing-in-flight' };
  return streams.standalone === 'assumed'
    ? { to: 'standalone', evidence: 'nothing-in-flight' }
    : { to: 'nowhere', code: 'NOT_IN_FLIGHT' };
}

function onStreamOf(entry: InFlight | undefined, evidence: Evidence): Route | undefined {
  return entry === undefined ? undefined : { to: 'request', entry, evidence };
}
