/**
 * Which server requests of one call are open, and when is the client told of them? A modern client is told of several at
 * once, as a round, and comes back with its answers. This is a pure reducer: the call tells it what happened, and does
 * what it says.
 */
import { assertNever } from '../routing/assert-never.js';
import type { RequestId, RequestMessage } from '../routing/message.js';

/** How long a round waits for more server requests, so that those that are sent together are told together. */
export const ROUND_MS = 10;

/** A server request that has no answer yet. */
interface OpenInput {
  /** Names it to the client, in each round in which it is told. No other server request of the call has the same key. */
  readonly key: string;
  readonly request: RequestMessage;
  /** The client has been told of it, and may answer it. */
  readonly isTold: boolean;
}

/** The server requests of one call. */
export interface InputRound {
  readonly phase:
    /** nothing is open */
    | { readonly name: 'quiet' }
    /** the round is told at this time */
    | { readonly name: 'gathering'; readonly until: number }
    /** the client has the round and has not come back yet; whatever arrives waits for the next round */
    | { readonly name: 'told' }
    /** the call is over */
    | { readonly name: 'ended' };
  /** Oldest first. */
  readonly open: readonly OpenInput[];
  /** How many keys were given. */
  readonly keys: number;
}

/** What can happen to the server requests of a call. `at` is in milliseconds, on a clock that never goes back. */
export type InputEvent =
  /** the backend has sent a server request on behalf of the call */
  | { readonly type: 'arrived'; readonly request: RequestMessage; readonly at: number }
  /** the time has come for which an effect asked to wait; early, late and needless ones do no harm */
  | { readonly type: 'waited'; readonly at: number }
  /** the client repeats its call with these answers, by their keys */
  | { readonly type: 'came-back'; readonly answers: Readonly<Record<string, unknown>>; readonly at: number }
  /** the backend has cancelled its request */
  | { readonly type: 'withdrawn'; readonly id: RequestId }
  /** the call has its result, or nobody waits for it any more */
  | { readonly type: 'ended' };

/** What is to be done, in this order. */
export type InputEffect =
  /** tell `waited` at this time */
  | { readonly type: 'wait'; readonly until: number }
  /** the client has to answer these: all that are open */
  | { readonly type: 'tell'; readonly inputs: readonly OpenInput[] }
  /** the client's answer to a request of the backend */
  | { readonly type: 'answer'; readonly request: RequestMessage; readonly result: unknown }
  /** no client will answer this request of the backend */
  | { readonly type: 'give-up'; readonly request: RequestMessage };

/** What is known afterwards, and what is to be done. */
export interface InputStep {
  readonly round: InputRound;
  readonly effects: readonly InputEffect[];
}

export const NO_INPUT: InputRound = { phase: { name: 'quiet' }, open: [], keys: 0 };

export function reduce(round: InputRound, event: InputEvent): InputStep {
  if (round.phase.name === 'ended') return afterTheEnd(round, event);
  switch (event.type) {
    case 'arrived':
      return arrived(round, event.request, event.at);
    case 'waited':
      return waited(round, event.at);
    case 'came-back':
      return cameBack(round, event.answers, event.at);
    case 'withdrawn':
      return withdrawn(round, event.id);
    case 'ended':
      return {
        round: { ...round, phase: { name: 'ended' }, open: [] },
        effects: round.open.map(({ request }) => ({ type: 'give-up', request })),
      };
    default:
      return assertNever(event);
  }
}

/** A backend may still ask when it has answered the call. */
function afterTheEnd(round: InputRound, event: InputEvent): InputStep {
  return { round, effects: event.type === 'arrived' ? [{ type: 'give-up', request: event.request }] : [] };
}

function arrived(round: InputRound, request: RequestMessage, at: number): InputStep {
  const keys = round.keys + 1;
  const open = [...round.open, { key: keyFor(request, keys), request, isTold: false }];
  if (round.phase.name !== 'quiet') return { round: { ...round, open, keys }, effects: [] };
  return gathering({ ...round, open, keys }, at, []);
}

/** `elicitation-1`, `sampling-2`, `roots-3`: a person who reads the traffic sees what it is. */
function keyFor({ method }: RequestMessage, number: number): string {
  const slash = method.indexOf('/');
  return `${slash === -1 ? method : method.slice(0, slash)}-${number}`;
}

function gathering(round: InputRound, at: number, effects: readonly InputEffect[]): InputStep {
  const until = at + ROUND_MS;
  return { round: { ...round, phase: { name: 'gathering', until } }, effects: [...effects, { type: 'wait', until }] };
}

function waited(round: InputRound, at: number): InputStep {
  if (round.phase.name !== 'gathering') return { round, effects: [] };
  const { until } = round.phase;
  // It may be the timer of a round that was withdrawn, and some timers are early.
  if (at < until) return { round, effects: [{ type: 'wait', until }] };
  const inputs = round.open.map((input) => ({ ...input, isTold: true }));
  return { round: { ...round, phase: { name: 'told' }, open: inputs }, effects: [{ type: 'tell', inputs }] };
}

/** What the client has left out is told again, with what has arrived meanwhile and what the answers lead to. */
function cameBack(round: InputRound, answers: Readonly<Record<string, unknown>>, at: number): InputStep {
  const open = round.open.filter((input) => !isAnswered(input, answers));
  const effects = round.open
    .filter((input) => isAnswered(input, answers))
    .map(({ key, request }): InputEffect => ({ type: 'answer', request, result: answers[key] }));
  if (open.length === 0) return { round: { ...round, phase: { name: 'quiet' }, open }, effects };
  return gathering({ ...round, open }, at, effects);
}

/** A client cannot answer what it has not been told: keys are easy to guess. */
function isAnswered({ key, isTold }: OpenInput, answers: Readonly<Record<string, unknown>>): boolean {
  return isTold && Object.hasOwn(answers, key);
}

function withdrawn(round: InputRound, id: RequestId): InputStep {
  const open = round.open.filter(({ request }) => request.id !== id);
  const isOver = open.length === 0 && round.phase.name === 'gathering';
  return { round: { ...round, open, ...(isOver && { phase: { name: 'quiet' } }) }, effects: [] };
}
