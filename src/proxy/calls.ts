import { after } from '../clock.js';
import {
  cancelledIdOf,
  isNotification,
  isRequest,
  ownerRankOf,
  progressTokenOf,
  scopeOf,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../routing/message.js';
import { cancelledOrigin, originInFlight } from '../interceptor/origin.js';
import { RecentSet } from '../routing/recent-set.js';
import { tooManyRequests } from './own-answers.js';
import { UnansweredRequests } from './unanswered-requests.js';
import { CallTurns } from './call-turns.js';

/** Ids are kept as long as their requests are open. */
const MAX_ID_LENGTH = 1_000;

/** How long a backend may still work on a call that was taken back: many never answer one. */
const TAKEN_BACK_GRACE_MS = 5_000;

export interface CallsOptions {
  /** One at a time. */
  readonly serialize: boolean;
  readonly maxInFlight: number;
}

/** The requests of a client that its backend has, or that wait for it. */
export class Calls {
  /** The client awaits the answers. */
  readonly #pending = new UnansweredRequests();
  /** It does not; but each counts until the backend has answered it, or has had the time to. */
  readonly #takenBack = new UnansweredRequests();
  /** It has had the time. An answer that comes after all is passed on. */
  readonly #overdue = new RecentSet<RequestId>();
  /** How many requests came in one POST, where that is known: they are answered on one stream. */
  readonly #posts = new WeakMap<object, { requests: number }>();
  readonly #postOf = new Map<RequestId, { requests: number }>();
  readonly #tokenOf = new Map<RequestId, RequestId>();
  readonly #byToken = new Map<RequestId, RequestId>();
  readonly #turns: CallTurns | undefined;
  /** Answers that are on their way to the client. */
  #unwritten = 0;
  #waiting: (() => void)[] = [];

  constructor(private readonly options: CallsOptions) {
    this.#turns = options.serialize ? new CallTurns() : undefined;
  }

  get areAwaited(): boolean {
    return this.#pending.size > 0;
  }

  /** Why there is no place for a request. */
  refusalOf({ id }: RequestMessage): string | undefined {
    const { maxInFlight } = this.options;
    if (this.#pending.size + this.#takenBack.size >= maxInFlight) return tooManyRequests(maxInFlight);
    return String(id).length > MAX_ID_LENGTH ? `An id must not be longer than ${MAX_ID_LENGTH} characters` : undefined;
  }

  /** Forwards a request when it is its turn. @param post stands for the POST that it came in */
  add(message: RequestMessage, forward: () => void, post?: object): void {
    const { id, method } = message;
    this.#overdue.delete(id);
    this.#pending.add(id);
    if (post !== undefined) this.#cameIn(post, id);
    const token = progressTokenOf(message);
    if (token !== undefined) {
      this.#tokenOf.set(id, token);
      this.#byToken.set(token, id);
    }
    // A request that no message of the backend can belong to need not wait, and may be one to cancel.
    if (this.#turns === undefined || ownerRankOf(method) === 'never') forward();
    else this.#turns.take(id, forward);
  }

  #cameIn(post: object, id: RequestId): void {
    const counted = this.#posts.get(post) ?? { requests: 0 };
    counted.requests++;
    this.#posts.set(post, counted);
    this.#postOf.set(id, counted);
  }

  /**
   * The client awaits no answer any more, and gets none but the backend's.
   *
   * @param unanswered is called when that has had the time to answer
   * @returns whether the backend has not even heard of the request
   */
  takeBack(id: RequestId, unanswered: (hasOwnStream: boolean) => void): boolean {
    const withdrawn = this.#turns?.withdraw(id) ?? 0;
    const hasOwnStream = this.#postOf.get(id)?.requests === 1;
    let due = 0;
    for (; this.#pending.answered(id); due++) {
      if (due < withdrawn) unanswered(hasOwnStream);
      else this.#awaitNoLonger(id, () => unanswered(hasOwnStream));
    }
    this.#forget(id);
    this.#tellIfDrained();
    return due > 0 && due === withdrawn;
  }

  #awaitNoLonger(id: RequestId, unanswered: () => void): void {
    const overdue = (): void => {
      this.#takenBack.answered(id);
      this.#overdue.add(id);
      this.#turns?.giveUp(id);
      unanswered();
    };
    this.#takenBack.add(id, after(TAKEN_BACK_GRACE_MS, overdue));
  }

  /** The ids of the requests that the backend may still answer. */
  get open(): RequestId[] {
    return [...this.#pending.ids, ...this.#takenBack.ids];
  }

  /**
   * The id of the request that an answer with this id is for. Some servers write `"7"` for 7, which the SDK's client
   * takes, and some 7 for `"7"`.
   */
  meantBy(id: RequestId): RequestId {
    if (this.isDue(id)) return id;
    const other = otherSpelling(id);
    return other !== undefined && this.isDue(other) ? other : id;
  }

  /** The call that brought a progress token, and the token as it was brought. */
  withToken(token: RequestId): { readonly id: RequestId; readonly token: RequestId } | undefined {
    for (const spelling of [token, otherSpelling(token)]) {
      const id = spelling === undefined ? undefined : this.#byToken.get(spelling);
      if (spelling !== undefined && id !== undefined) return { id, token: spelling };
    }
    return undefined;
  }

  isAwaited(id: RequestId): boolean {
    return this.#pending.has(id);
  }

  /** Whether the answer to it is passed on. */
  isDue(id: RequestId): boolean {
    return this.#pending.has(id) || this.#takenBack.has(id) || this.isOverdue(id);
  }

  /** Whether the client took it back so long ago that its stream may be gone. */
  isOverdue(id: RequestId): boolean {
    return this.#overdue.has(id);
  }

  /** One answer is there. @param written resolves when the client has it */
  settle(id: RequestId, written: Promise<void>): void {
    if (!this.#pending.answered(id) && !this.#takenBack.answered(id)) this.#overdue.delete(id);
    this.#forget(id);
    this.#unwritten++;
    void written.finally(() => {
      this.#unwritten--;
      this.#tellIfDrained();
    });
    this.#turns?.end(id);
  }

  /** The backend has answered a call after its turn was given up. */
  answeredLate(id: RequestId): void {
    this.#turns?.end(id);
  }

  /**
   * Whether this question may belong to a call whose turn was given up, though the client wants one call at a time so that
   * it is certain. It is certain all the same if it is read in the answer to a call in flight.
   */
  isUncertain(message: JsonRpcMessage): boolean {
    if (this.#turns?.areUncertain !== true || originInFlight() !== undefined) return false;
    return isRequest(message) && scopeOf(message.method) === 'request';
  }

  /**
   * Whether this question belongs to a call whose answer nobody awaits. That is certain of one call at a time, and of
   * what is read in the answer to a call, while the backend is at work on it.
   */
  isPointless(message: JsonRpcMessage): boolean {
    return this.#worksForTakenBack && isRequest(message) && scopeOf(message.method) === 'request';
  }

  get #worksForTakenBack(): boolean {
    if (this.#turns !== undefined) return this.#turns.isTakenBack;
    const origin = cancelledOrigin();
    return origin !== undefined && this.#takenBack.has(origin.id);
  }

  /** Does something on behalf of the call that the backend has, if there is only one. */
  onBehalfOfCurrent(work: () => void): void {
    if (this.#turns === undefined) work();
    else this.#turns.onBehalfOfCurrent(work);
  }

  /** Resolves when the client awaits no answer, and has them all. */
  async drained(): Promise<void> {
    if (!this.#isDrained) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Forwards no more. */
  stop(): void {
    this.#turns?.clear();
    this.#takenBack.takeAll();
  }

  /** @returns the ids of the requests whose answers the client awaits; they are none of ours any more */
  takeAwaited(): RequestId[] {
    const ids = this.#pending.takeAll();
    for (const id of ids) this.#forget(id);
    this.#tellIfDrained();
    return ids;
  }

  #forget(id: RequestId): void {
    if (this.#pending.has(id)) return;
    this.#postOf.delete(id);
    const token = this.#tokenOf.get(id);
    if (token === undefined) return;
    this.#tokenOf.delete(id);
    if (this.#byToken.get(token) === id) this.#byToken.delete(token);
  }

  get #isDrained(): boolean {
    return !this.areAwaited && this.#unwritten === 0;
  }

  #tellIfDrained(): void {
    if (this.#isDrained) for (const tell of this.#waiting.splice(0)) tell();
  }
}

/** The same id as a number instead of a text, or the other way round. */
function otherSpelling(id: RequestId): RequestId | undefined {
  if (typeof id === 'number') return String(id);
  const number = id.trim() === '' ? Number.NaN : Number(id);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The id of the request that its sender takes back with this message. */
export function takenBackBy(message: JsonRpcMessage): RequestId | undefined {
  return isNotification(message) && message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
}
