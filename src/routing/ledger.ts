import type { Linked } from './arrivals.js';
import { ById } from './by-id.js';
import { CancelledRequests } from './cancelled-requests.js';
import { Candidates } from './candidates.js';
import { Exchanges, type ExchangeOn } from './exchanges.js';
import {
  createdTaskIdOf,
  ownerRankOf,
  progressTokenOf,
  taskIdOf,
  type OwnerRank,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from './message.js';
import type { Life } from './life.js';
import { ProgressTokens, type TokenBearer } from './progress-tokens.js';
import { Tasks } from './tasks.js';

/**
 * One request of the client, from its arrival to its answer. Each arrival is an object of its own, so that a request is
 * never mistaken for an earlier one with the same id.
 */
export class InFlight implements Linked<InFlight>, TokenBearer<InFlight> {
  /**
   * A cancelled request owns no messages any more, but no response has closed its stream either. A request that was in
   * flight when its life ended is cut off.
   */
  state: 'in-flight' | 'cancelled' | 'answered' | 'cut-off' = 'in-flight';
  // Neighbours, for `Arrivals` and `ProgressTokens`.
  older: InFlight | undefined = undefined;
  newer: InFlight | undefined = undefined;
  tokenBefore: InFlight | undefined = undefined;
  tokenAfter: InFlight | undefined = undefined;
  /** The object that it came in on. Requests with the same carrier share a stream. Routing does not look inside. */
  carrier: object | undefined = undefined;
  /** It is answered on an event stream, which other messages can be written to, or in JSON. `undefined`: not known yet. */
  isStreaming: boolean | undefined = undefined;
  /** Its stream is gone and cannot be resumed. The request is still in flight, but nothing can be written there. */
  adrift = false;
  /** The URL-mode elicitations that were sent on this request's stream. */
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

/** A server request that the client has not answered yet. */
export type Exchange = ExchangeOn<InFlight>;

/**
 * The requests in flight on one session, and all that is needed to find the owner of a server-initiated message. No
 * operation searches the requests in flight.
 *
 * Of a request that is over it keeps little: its progress token until its task is finished, the request itself while an
 * exchange is open on its stream, and the newest of the cancelled ones.
 */
export class Ledger {
  /** The server requests that the client has not answered yet. */
  readonly exchanges: Exchanges<InFlight> = new Exchanges<InFlight>();
  readonly #inFlight = new ById<InFlight>();
  #candidates = new Candidates<InFlight>();
  // Most sessions never need these, and there may be many idle sessions.
  #progressTokens: ProgressTokens<InFlight> | undefined;
  #tasks: Tasks<InFlight> | undefined;
  #cancelled: CancelledRequests<InFlight> | undefined;
  /** How many cancelled requests are not answered. */
  #unanswered = 0;

  /**
   * The last request was of the 2026 era. Such traffic names its owners itself, and nothing is inferred. Each request
   * says it, because a client may try the new era first and fall back.
   */
  modern = false;

  /** @param session the name of the session, if the transport carries several */
  constructor(
    readonly life: Life,
    readonly session?: string,
  ) {}

  /** How many requests are in flight. */
  get size(): number {
    return this.#inFlight.size;
  }

  get isEmpty(): boolean {
    return this.#inFlight.size === 0 && this.exchanges.size === 0 && this.#tasks?.isEmpty !== false;
  }

  /** A request came in. It takes over an id that is in flight, because the transport also binds its stream to the newest. */
  receive(message: RequestMessage, outer?: InFlight): { entry: InFlight; replaced: InFlight | undefined } {
    const replaced = this.#inFlight.get(message.id);
    if (replaced !== undefined) this.#release(replaced, 'answered');
    this.#cancelled?.delete(message.id);

    const taskId = message.method === 'tasks/result' ? taskIdOf(message) : undefined;
    const rank = ownerRankOf(message.method);
    const entry = new InFlight(message.id, message.method, rank, this, progressTokenOf(message), taskId, outer);
    this.#inFlight.set(entry);
    this.#candidates.add(entry);
    if (entry.progressToken !== undefined) {
      (this.#progressTokens ??= new ProgressTokens()).add(entry.progressToken, entry);
    }
    if (taskId !== undefined) (this.#tasks ??= new Tasks()).awaited(taskId, entry);
    return { entry, replaced };
  }

  /**
   * The response to a request leaves.
   *
   * @returns the request, on whose stream it goes. It may be a cancelled one, if that is still remembered
   */
  answer(response: ResponseMessage): InFlight | undefined {
    const entry = this.#inFlight.get(response.id);
    if (entry === undefined) return this.#answerCancelled(response.id);
    const taskId = createdTaskIdOf(response);
    if (taskId !== undefined && entry.progressToken !== undefined) {
      (this.#tasks ??= new Tasks()).created(taskId, entry.progressToken);
    }
    this.#release(entry, 'answered');
    return entry;
  }

  /**
   * The client cancelled a request. A response need not follow, so nothing may wait for one. Until one does, the server
   * may still be working on the request, and may be asking on its behalf.
   */
  cancel(id: RequestId): InFlight | undefined {
    const entry = this.#inFlight.get(id);
    if (entry === undefined) return undefined;
    this.#release(entry, 'cancelled');
    this.#unanswered += 1;
    this.#cancelled ??= new CancelledRequests((forgotten) => {
      if (forgotten.state === 'cancelled') this.#asksNoMore(forgotten);
    });
    this.#cancelled.add(entry, !entry.adrift);
    return entry;
  }

  /** The stream of a request is gone for good. */
  setAdrift(entry: InFlight): void {
    if (entry.adrift) return;
    entry.adrift = true;
    if (entry.state === 'cancelled') this.#cancelled?.close(entry);
    if (entry.state === 'in-flight') this.#candidates.setAside(entry);
  }

  entries(): IterableIterator<InFlight> {
    return this.#inFlight.values();
  }

  get(id: RequestId): InFlight | undefined {
    return this.#inFlight.get(id);
  }

  /** The request whose stream takes a message that names this id: one in flight, or a cancelled one that is remembered. */
  bearer(id: RequestId): InFlight | undefined {
    return this.#inFlight.get(id) ?? this.#cancelled?.answerable(id);
  }

  /** Whether a cancelled request is not answered, so that the server may still be asking on its behalf. */
  get hasUnanswered(): boolean {
    return this.#unanswered > 0;
  }

  /** Whether the last request with this id was cancelled, whatever has become of it since. */
  wasCancelled(id: RequestId): boolean {
    return this.#cancelled?.has(id) === true;
  }

  /** The request in flight that brought this progress token. */
  byProgressToken(token: RequestId): InFlight | undefined {
    return this.#progressTokens?.get(token);
  }

  /** The task that a progress token belongs to, if the call that brought the token has created one. */
  taskOfToken(token: RequestId): string | undefined {
    return this.#tasks?.ofToken(token);
  }

  /** The `tasks/result` in flight for a task. */
  taskResult(taskId: string): InFlight | undefined {
    return this.#tasks?.resultOf(taskId);
  }

  /** The newest request that may own a message which names no request, and whose stream is alive. */
  get newestCandidate(): InFlight | undefined {
    return this.#candidates.newest;
  }

  /**
   * How many requests may own such a message. Those whose stream is gone are among them, and those that were cancelled and
   * are not answered.
   */
  get candidateCount(): number {
    return this.#candidates.count;
  }

  /** Forgets everything: the session is over. */
  clear(): void {
    for (const entry of [...this.#inFlight.values()]) this.#release(entry, 'cut-off');
    this.exchanges.clear();
    this.#tasks = undefined;
    this.#cancelled = undefined;
    this.#candidates = new Candidates<InFlight>();
    this.#unanswered = 0;
    this.modern = false;
  }

  #release(entry: InFlight, state: 'cancelled' | 'answered' | 'cut-off'): void {
    entry.state = state;
    this.#inFlight.delete(entry.id);
    if (state === 'cancelled') this.#candidates.setAside(entry);
    else this.#candidates.remove(entry);
    if (entry.progressToken !== undefined) this.#progressTokens?.remove(entry.progressToken, entry);
    if (entry.taskId !== undefined) {
      this.#tasks?.awaitedNoMore(entry.taskId, entry);
      if (state === 'answered') this.#tasks?.finished(entry.taskId);
    }
    this.exchanges.forgetElicitations(entry);
  }

  // Some servers answer a cancelled request, while earlier messages of its stream are still being written.
  #answerCancelled(id: RequestId): InFlight | undefined {
    const entry = this.#cancelled?.get(id);
    if (entry?.state !== 'cancelled') return undefined;
    const bearer = this.#cancelled?.answerable(id);
    entry.state = 'answered';
    this.#asksNoMore(entry);
    this.#cancelled?.close(entry);
    return bearer;
  }

  /** A cancelled request is answered, or forgotten. */
  #asksNoMore(entry: InFlight): void {
    this.#unanswered -= 1;
    this.#candidates.remove(entry);
  }
}
