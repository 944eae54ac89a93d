import { putBounded } from './bounded.js';
import { ById } from './by-id.js';
import {
  createdTaskIdOf,
  elicitationIdOf,
  ownerRankOf,
  progressTokenOf,
  taskIdOf,
  type OwnerRank,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from './message.js';
import { Arrivals, type Linked } from './arrivals.js';
import { ProgressTokens, type TokenBearer } from './progress-tokens.js';
import { Recent } from './recent.js';

/**
 * Progress tokens of tasks, kept after the call that created the task was answered. The bound only
 * matters to a client that creates tasks and never fetches their results.
 */
const MAX_TASK_TOKENS = 1_024;

/** Cancelled requests that may be answered all the same. Few servers do, and those do it soon. */
const MAX_CANCELLED = 64;

/**
 * One request of the client, from its arrival to its answer. Every arrival is an object of its own,
 * so that an id used again later is not mistaken for the request that bore it before.
 */
export class InFlight implements Linked<InFlight>, TokenBearer<InFlight> {
  /**
   * A cancelled request may own nothing any more, but no answer has closed its stream either. One that was
   * cut off was in flight when its life ended.
   */
  state: 'in-flight' | 'cancelled' | 'answered' | 'cut-off' = 'in-flight';
  /** Neighbours in the order of arrival; owned by {@link Arrivals}. */
  older: InFlight | undefined = undefined;
  newer: InFlight | undefined = undefined;
  /** Neighbours among those that brought the same progress token; owned by {@link ProgressTokens}. */
  tokenBefore: InFlight | undefined = undefined;
  tokenAfter: InFlight | undefined = undefined;
  /** What it came in on: requests with the same carrier share a stream. Routing does not look inside. */
  carrier: object | undefined = undefined;
  /** Its answer has begun, and is an event stream: it can be written to, however other requests are answered. */
  isStreaming = false;
  /** Its stream is gone and cannot be resumed. The request is still in flight, but nothing can be written there. */
  adrift = false;
  /** The URL-mode elicitations that went out on this request's stream. */
  elicitationIds: string[] | undefined = undefined;

  constructor(
    readonly id: RequestId,
    readonly method: string,
    readonly rank: OwnerRank,
    readonly ledger: Ledger,
    readonly progressToken: RequestId | undefined,
    /** The task whose result this request waits for. */
    readonly taskId: string | undefined,
    /** The request, on another wrapped transport, in whose async context this one arrived. */
    readonly outer: InFlight | undefined,
  ) {}
}

/** Where a server-initiated request went: the stream of a request, or (`undefined`) the standalone stream. */
export interface Exchange {
  readonly id: RequestId;
  readonly method: string;
  readonly entry: InFlight | undefined;
  /** When it was sent, on the clock of whoever sent it. */
  readonly since: number;
}

/** One life of one transport, from start to close. Once it is over, nothing may leave on its behalf. */
export interface Life {
  /** Tells the lives of one transport from those of another. */
  readonly transport: object;
  readonly over: boolean;
}

/**
 * The requests in flight on one session, and what is needed to name the owner of a server-initiated
 * message. No operation searches the requests in flight. Of a request that is over it holds the progress
 * token, until its task is finished; the request itself, while a question is open that went on its
 * stream; and the newest of those that were cancelled, and their ids.
 */
export class Ledger {
  readonly #inFlight = new ById<InFlight>();
  readonly #exchanges = new ById<Exchange>();
  // Most sessions never need these, and there may be many idle sessions.
  #byProgressToken: ProgressTokens<InFlight> | undefined;
  #byTaskResult: Map<string, InFlight> | undefined;
  #taskOfToken: Map<RequestId, string> | undefined;
  #elicitations: Map<string, InFlight> | undefined;
  /** The newest of those that were cancelled, until they are answered or their stream is gone. */
  #cancelled: Map<RequestId, InFlight> | undefined;
  /** The ids of those that were cancelled, until they are used again. */
  #cancelledIds: Recent<RequestId> | undefined;
  readonly #candidates = { first: new Arrivals<InFlight>(), second: new Arrivals<InFlight>() };

  /**
   * The last request was of the 2026 era: such traffic names its owners itself, and nothing is inferred.
   * Told by each request, because a client may try the new era first and fall back.
   */
  modern = false;

  /**
   * @param session the name of the session, where the transport carries several
   */
  constructor(
    readonly life: Life,
    readonly session?: string,
  ) {}

  /** Requests in flight. */
  get size(): number {
    return this.#inFlight.size;
  }

  /** Server-initiated requests that the client has not answered yet. */
  get openExchanges(): number {
    return this.#exchanges.size;
  }

  get isEmpty(): boolean {
    return this.#inFlight.size === 0 && this.#exchanges.size === 0 && (this.#taskOfToken?.size ?? 0) === 0;
  }

  entries(): IterableIterator<InFlight> {
    return this.#inFlight.values();
  }

  /**
   * A request came in. An id that is in flight already is taken over by the newcomer, because the
   * transport binds its stream to the newest as well.
   */
  receive(message: RequestMessage, outer?: InFlight): { entry: InFlight; replaced: InFlight | undefined } {
    const replaced = this.#inFlight.get(message.id);
    if (replaced !== undefined) this.#release(replaced, 'answered');
    this.#cancelled?.delete(message.id);
    this.#cancelledIds?.delete(message.id);

    const taskId = message.method === 'tasks/result' ? taskIdOf(message) : undefined;
    const rank = ownerRankOf(message.method);
    const entry = new InFlight(message.id, message.method, rank, this, progressTokenOf(message), taskId, outer);
    this.#inFlight.set(entry);
    if (entry.progressToken !== undefined)
      (this.#byProgressToken ??= new ProgressTokens()).add(entry.progressToken, entry);
    if (taskId !== undefined) (this.#byTaskResult ??= new Map()).set(taskId, entry);
    if (rank !== 'never') this.#candidates[rank].add(entry);
    return { entry, replaced };
  }

  /**
   * The answer to a request leaves.
   *
   * @returns the request, on whose stream it goes: one that was cancelled, too, if it is still known
   */
  answer(response: ResponseMessage): InFlight | undefined {
    const entry = this.#inFlight.get(response.id);
    if (entry === undefined) return this.#answerCancelled(response.id);
    this.#keepTokenOfTask(entry, createdTaskIdOf(response));
    this.#release(entry, 'answered');
    return entry;
  }

  /** The client cancelled a request: no answer needs to follow, so nothing may wait for one. */
  cancel(id: RequestId): InFlight | undefined {
    const entry = this.#inFlight.get(id);
    if (entry === undefined) return undefined;
    this.#release(entry, 'cancelled');
    (this.#cancelledIds ??= new Recent()).add(id);
    return entry;
  }

  /** A server-initiated request went out on the stream of `entry`, or on the standalone stream. */
  openExchange(message: RequestMessage, entry: InFlight | undefined, since: number): void {
    this.#exchanges.set({ id: message.id, method: message.method, entry, since });
    const elicitationId = elicitationIdOf(message);
    if (elicitationId !== undefined && entry?.state === 'in-flight') {
      (this.#elicitations ??= new Map()).set(elicitationId, entry);
      (entry.elicitationIds ??= []).push(elicitationId);
    }
  }

  /** The client answered a server-initiated request, or its sender gave it up. */
  closeExchange(id: RequestId): Exchange | undefined {
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    return exchange;
  }

  /** The stream of a request is gone for good. */
  setAdrift(entry: InFlight): void {
    if (entry.adrift) return;
    entry.adrift = true;
    if (entry.state === 'cancelled') forget(this.#cancelled, entry.id, entry);
    if (entry.state === 'in-flight' && entry.rank !== 'never') this.#candidates[entry.rank].setAside(entry);
  }

  get(id: RequestId): InFlight | undefined {
    return this.#inFlight.get(id);
  }

  /** The request whose stream takes what names this id: one in flight, or one that was cancelled and is still known. */
  bearer(id: RequestId): InFlight | undefined {
    return this.#inFlight.get(id) ?? this.#cancelled?.get(id);
  }

  /** Whether the last request with this id was cancelled, whatever became of it since. */
  wasCancelled(id: RequestId): boolean {
    return this.#cancelledIds?.has(id) === true;
  }

  exchanges(): IterableIterator<Exchange> {
    return this.#exchanges.values();
  }

  exchange(id: RequestId): Exchange | undefined {
    return this.#exchanges.get(id);
  }

  /** The request in flight on whose stream this URL-mode elicitation went. */
  elicitation(elicitationId: string): InFlight | undefined {
    return this.#elicitations?.get(elicitationId);
  }

  /** The request in flight that brought this progress token. */
  byProgressToken(token: RequestId): InFlight | undefined {
    return this.#byProgressToken?.get(token);
  }

  /** The task that a progress token belongs to, when the call that brought it has created one. */
  taskOfToken(token: RequestId): string | undefined {
    return this.#taskOfToken?.get(token);
  }

  /** The `tasks/result` in flight for a task. */
  taskResult(taskId: string): InFlight | undefined {
    return this.#byTaskResult?.get(taskId);
  }

  /**
   * The newest request that may own a message nobody claims and whose stream is alive: one of the
   * first rank, or, if there is none, one of the second.
   */
  get newestCandidate(): InFlight | undefined {
    return this.#candidates.first.newest ?? this.#candidates.second.newest;
  }

  /** How many requests may own such a message, those whose stream is gone among them. */
  get candidateCount(): number {
    const { first, second } = this.#candidates;
    return first.size > 0 && first.newest === undefined ? first.size + second.size : first.size || second.size;
  }

  /** Forgets everything: the session is over. */
  clear(): void {
    for (const entry of [...this.#inFlight.values()]) this.#release(entry, 'cut-off');
    this.#exchanges.clear();
    this.#taskOfToken?.clear();
    this.#cancelled?.clear();
    this.#cancelledIds = undefined;
    this.modern = false;
  }

  #release(entry: InFlight, state: 'cancelled' | 'answered' | 'cut-off'): void {
    entry.state = state;
    this.#inFlight.delete(entry.id);
    if (entry.progressToken !== undefined) this.#byProgressToken?.remove(entry.progressToken, entry);
    if (entry.taskId !== undefined) {
      forget(this.#byTaskResult, entry.taskId, entry);
      if (state === 'answered') this.#forgetTask(entry.taskId);
    }
    if (entry.rank !== 'never') this.#candidates[entry.rank].remove(entry);
    entry.elicitationIds?.forEach((elicitationId) => forget(this.#elicitations, elicitationId, entry));
    if (state === 'cancelled' && !entry.adrift)
      putBounded((this.#cancelled ??= new Map()), entry.id, entry, MAX_CANCELLED);
  }

  // Some servers answer what was cancelled, while earlier messages of its stream are still being written.
  #answerCancelled(id: RequestId): InFlight | undefined {
    const entry = this.#cancelled?.get(id);
    if (entry === undefined) return undefined;
    entry.state = 'answered';
    this.#cancelled?.delete(id);
    return entry;
  }

  #keepTokenOfTask(entry: InFlight, taskId: string | undefined): void {
    if (taskId === undefined || entry.progressToken === undefined) return;
    putBounded((this.#taskOfToken ??= new Map()), entry.progressToken, taskId, MAX_TASK_TOKENS);
  }

  #forgetTask(taskId: string): void {
    this.#taskOfToken?.forEach((task, token, tokens) => {
      if (task === taskId) tokens.delete(token);
    });
  }
}

// A later request may have taken the key over: only the holder gives it back.
function forget<K>(map: Map<K, InFlight> | undefined, key: K, entry: InFlight): void {
  if (map?.get(key) === entry) map.delete(key);
}
