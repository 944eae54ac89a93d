/**
 * The routing rules once more, from their description and not from the source: lists that are searched from
 * end to end, and nothing that is kept up to date. What `route()` and its ledger say must be the same.
 */
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';

/** A request of the client, as far as routing is concerned. */
export interface Asked {
  readonly id: RequestId;
  readonly method: string;
  readonly token: RequestId | undefined;
  readonly taskId: string | undefined;
  state: 'in-flight' | 'cancelled' | 'answered';
  /** By the client, whatever became of it since. */
  wasCancelled?: boolean;
  /** Answered although it was cancelled and its stream was gone, so that the response is on none. */
  wasAnsweredUnseen?: boolean;
  /** Its stream is gone for good. */
  lost: boolean;
  /** Its answer has begun as an event stream. */
  streaming: boolean;
}

/** A question of the server: where it went. */
interface Posed<R> {
  readonly id: RequestId;
  readonly on: R | undefined;
  open: boolean;
}

/** Everything that ever happened on a session. Nothing is taken out. */
export interface Facts<R extends Asked> {
  /** In the order of arrival. */
  readonly requests: R[];
  readonly questions: Posed<R>[];
  /** The URL-mode elicitations that left on the stream of a request in flight. */
  readonly elicitations: { readonly elicitationId: string; readonly on: R }[];
  /** The tokens of calls that were answered by a task which has not been fetched. */
  tokensOfTasks: { readonly token: RequestId; readonly taskId: string }[];
  modern: boolean;
}

export function noFacts<R extends Asked>(): Facts<R> {
  return { requests: [], questions: [], elicitations: [], tokensOfTasks: [], modern: false };
}

/** What the caller and the connections say. */
export interface Clues<R> {
  readonly explicit: RequestId | undefined;
  readonly context: R | undefined;
  /** The backend said so itself. */
  readonly isContextSaid?: boolean;
  readonly scope: 'request' | 'session' | 'either';
  readonly ambiguous: 'last-inbound' | 'reject';
  readonly late: boolean;
  readonly standalone: 'open' | 'closed' | 'assumed' | 'unknown';
  readonly requestStreams: 'open' | 'closed';
}

/** A request, or what else becomes of the message, in a word. */
export type Expected<R> = R | 'standalone' | 'unchanged' | 'parked' | `refused ${string}`;

const OWNERS = ['tools/call', 'prompts/get', 'resources/read', 'tasks/result'];

/** 1: may own; 2: may own if nothing else does; 0: never. */
function rankOf(method: string): 0 | 1 | 2 {
  if (OWNERS.includes(method)) return 1;
  return method === 'initialize' || method === 'ping' || method.startsWith('tasks/') ? 0 : 2;
}

export function isInFlight(request: Asked): boolean {
  return request.state === 'in-flight';
}

// ---- what happens ----

export function receives<R extends Asked>(facts: Facts<R>, request: R): void {
  const replaced = facts.requests.find((other) => isInFlight(other) && other.id === request.id);
  if (replaced !== undefined) ends(facts, replaced);
  facts.requests.push(request);
}

export function answers(facts: Facts<Asked>, id: RequestId, createdTask?: string): void {
  const request = facts.requests.find((other) => isInFlight(other) && other.id === id);
  if (request === undefined) {
    const last = facts.requests.findLast((other) => other.id === id);
    if (cancelledBearer(facts, id) !== undefined && last !== undefined) last.state = 'answered';
    else if (last?.state === 'cancelled') last.wasAnsweredUnseen = true;
    return;
  }
  const { token } = request;
  if (createdTask !== undefined && token !== undefined) {
    facts.tokensOfTasks = facts.tokensOfTasks.filter((one) => one.token !== token);
    facts.tokensOfTasks.push({ token, taskId: createdTask });
  }
  ends(facts, request);
}

/** The cancelled request that an answer with this id is for: the last that bore it, while its stream is there. */
export function cancelledBearer<R extends Asked>(facts: Facts<R>, id: RequestId): R | undefined {
  const last = facts.requests.findLast((request) => request.id === id);
  return last?.state === 'cancelled' && !last.lost ? last : undefined;
}

/** The cancelled requests on whose behalf the server may still be asking: it has not answered them. */
function unanswered<R extends Asked>(facts: Facts<R>): R[] {
  return facts.requests.filter((request, at) => {
    const isLast = !facts.requests.slice(at + 1).some(({ id }) => id === request.id);
    return request.state === 'cancelled' && isLast && request.wasAnsweredUnseen !== true;
  });
}

/** Whether the last that bore this id was cancelled, whatever became of it since. */
export function wasCancelled(facts: Facts<Asked>, id: RequestId): boolean {
  return facts.requests.findLast((request) => request.id === id)?.wasCancelled === true;
}

function ends(facts: Facts<Asked>, request: Asked): void {
  request.state = 'answered';
  const { taskId } = request;
  if (taskId !== undefined) facts.tokensOfTasks = facts.tokensOfTasks.filter((one) => one.taskId !== taskId);
}

export function cancels(facts: Facts<Asked>, id: unknown): void {
  const request = facts.requests.find((other) => isInFlight(other) && other.id === id);
  if (request === undefined) return;
  request.state = 'cancelled';
  request.wasCancelled = true;
}

export function poses<R extends Asked>(facts: Facts<R>, question: JsonRpcMessage, on: R | undefined): void {
  const id = question.id as RequestId;
  closes(facts, id);
  facts.questions.push({ id, on, open: true });
  const elicitationId = paramsOf(question)['elicitationId'];
  if (typeof elicitationId === 'string' && on !== undefined && isInFlight(on)) {
    facts.elicitations.push({ elicitationId, on });
  }
}

export function closes(facts: Facts<Asked>, id: unknown): void {
  for (const question of facts.questions) if (question.id === id) question.open = false;
}

// ---- where it goes ----

export function expected<R extends Asked>(message: JsonRpcMessage, facts: Facts<R>, clues: Clues<R>): Expected<R> {
  if (facts.modern) return 'unchanged';
  const { explicit, context, scope, standalone } = clues;
  const live = facts.requests.filter(isInFlight);
  const takes = (request: R | undefined): request is R =>
    request !== undefined && !request.lost && (clues.requestStreams === 'open' || request.streaming);
  const mayOwn = (request: R | undefined): boolean =>
    request !== undefined && isInFlight(request) && rankOf(request.method) > 0;
  const hasStandalone = standalone !== 'closed';
  const params = paramsOf(message);

  const named = live.find(({ id }) => id === explicit);
  if (explicit !== undefined && takes(named)) return named;

  const said = clues.isContextSaid === true ? context : undefined;
  if (takes(said) && mayOwn(said)) return said;

  const token = message.method === 'notifications/progress' ? params['progressToken'] : undefined;
  const task = taskOf(message) ?? facts.tokensOfTasks.find((one) => one.token === token)?.taskId;
  if (message.method === 'notifications/progress') {
    // Who brings a token takes it over from whoever had it, for as long as it is in flight.
    const owner = live.findLast((request) => request.token !== undefined && request.token === token);
    if (owner !== undefined) {
      if (takes(owner)) return owner;
    } else if (task === undefined) return 'refused UNKNOWN_PROGRESS_TOKEN';
  }

  if (message.method === 'notifications/cancelled') {
    const question = facts.questions.find(({ id, open }) => open && id === params['requestId']);
    if (question !== undefined) {
      const { on } = question;
      if (on === undefined && hasStandalone) return 'standalone';
      if (on?.state !== 'answered' && takes(on)) return on;
    }
  }

  if (message.method === 'notifications/elicitation/complete') {
    const last = facts.elicitations.findLast(({ elicitationId }) => elicitationId === params['elicitationId']);
    if (last !== undefined && isInFlight(last.on) && takes(last.on)) return last.on;
    if (hasStandalone) return 'standalone';
  }

  if (task !== undefined) {
    const waiter = facts.requests.findLast(({ taskId }) => taskId === task);
    if (waiter !== undefined && isInFlight(waiter) && takes(waiter)) return waiter;
    return hasStandalone ? 'standalone' : 'parked';
  }

  const owners = [live.filter(({ method }) => rankOf(method) === 1), live.filter(({ method }) => rankOf(method) === 2)];
  const [first = [], second = []] = owners;
  const newest = first.findLast(({ lost }) => !lost) ?? second.findLast(({ lost }) => !lost);
  if (scope === 'either' && standalone === 'open') return 'standalone';
  if (scope === 'session') {
    if (hasStandalone) return 'standalone';
    return clues.late && takes(newest) ? newest : 'parked';
  }

  if (takes(context) && mayOwn(context)) return context;

  // A question of a request that was cancelled, or whose client has left, is asked on behalf of no other.
  const isQuestion = message.id !== undefined && scope === 'request';
  const isNamedTakenBack = explicit !== undefined && wasCancelled(facts, explicit);
  const isTakenBack = isQuestion && (isNamedTakenBack || said?.state === 'cancelled');
  const isOfVanished = isQuestion && (named?.lost === true || (mayOwn(context) && context?.lost === true));
  if (!isTakenBack && !isOfVanished && takes(newest)) {
    // The server need not answer what was cancelled, and may still be at work on it.
    const asking = unanswered(facts);
    const ofFirst = [...first, ...asking.filter(({ method }) => rankOf(method) === 1)];
    const ofSecond = [...second, ...asking.filter(({ method }) => rankOf(method) === 2)];
    const isFirstAlive = first.some(({ lost }) => !lost);
    const rivals = ofFirst.length === 0 ? ofSecond : isFirstAlive ? ofFirst : [...ofFirst, ...ofSecond];
    return rivals.length > 1 && scope !== 'either' && clues.ambiguous === 'reject' ? 'refused AMBIGUOUS' : newest;
  }

  if (standalone === 'open') return 'standalone';
  if (standalone === 'closed' && isTakenBack) return 'refused NOT_IN_FLIGHT';
  if (standalone === 'closed') return scope === 'either' ? 'refused NO_STREAM' : 'parked';
  if (explicit === undefined) return 'unchanged';
  return standalone === 'assumed' || clues.requestStreams === 'closed' ? 'standalone' : 'refused NOT_IN_FLIGHT';
}

function paramsOf(message: JsonRpcMessage): Readonly<Record<string, unknown>> {
  return (message.params ?? {}) as Readonly<Record<string, unknown>>;
}

function taskOf(message: JsonRpcMessage): string | undefined {
  const params = paramsOf(message);
  if (message.method === 'notifications/tasks/status') return params['taskId'] as string | undefined;
  const meta = params['_meta'] as Readonly<Record<string, { readonly taskId?: string } | undefined>> | undefined;
  return meta?.['io.modelcontextprotocol/related-task']?.taskId;
}
