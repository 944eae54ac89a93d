import { BriefMap } from '../routing/brief-map.js';
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
import { onlyMeantBy } from '../long-ids.js';
import { RecentSet } from '../routing/recent-set.js';
import { tooManyRequests } from './own-answers.js';
import { UnansweredRequests } from './unanswered-requests.js';
import { CallTurns } from './call-turns.js';

/** An id is kept while its request is open, so its length is limited. */
const MAX_ID_LENGTH = 1_000;

/** How long to wait for the answer to a cancelled call. Many backends never answer one. */
const TAKEN_BACK_GRACE_MS = 5_000;

export interface CallsOptions {
  /** Forward one call at a time. */
  readonly serialize: boolean;
  readonly maxInFlight: number;
}

/** The client's requests that the backend has, or that wait to be forwarded. */
export class Calls {
  /** Requests whose answers the client awaits. */
  readonly #pending = new UnansweredRequests();
  /** Requests that the client cancelled. Each counts until the backend answers it or its grace period ends. */
  readonly #takenBack = new UnansweredRequests();
  /** Cancelled requests whose grace period has ended. A late answer is still passed on. */
  readonly #overdue = new RecentSet<RequestId>();
  /** How many requests came in each POST, if known. The answers to one POST share one stream. */
  readonly #posts = new WeakMap<object, { requests: number }>();
  readonly #postOf = new BriefMap<RequestId, { requests: number }>();
  readonly #tokenOf = new BriefMap<RequestId, RequestId>();
  readonly #byToken = new BriefMap<RequestId, RequestId>();
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

  /** Why a request is not accepted, if it is not. */
  refusalOf({ id }: RequestMessage): string | undefined {
    const { maxInFlight } = this.options;
    if (this.#pending.size + this.#takenBack.size >= maxInFlight) return tooManyRequests(maxInFlight);
    return String(id).length > MAX_ID_LENGTH ? `An id must not be longer than ${MAX_ID_LENGTH} characters` : undefined;
  }

  /** Forwards a request when it is its turn. @param post identifies the POST that brought it */
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
    // A request that can own no server request need not wait. It may be the one that cancels a call.
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
   * The client cancelled a request. It still gets the backend's answer, if one comes.
   *
   * @param unanswered called when the grace period ends without an answer
   * @returns whether the request was never forwarded to the backend
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
   * The id of the request that an answer with this id belongs to. Some servers write `"7"` for 7, which the SDK's client
   * accepts. Others write 7 for `"7"`, or round a number that is too long for them.
   */
  meantBy(id: RequestId): RequestId {
    if (this.isDue(id)) return id;
    const other = otherSpelling(id);
    return other !== undefined && this.isDue(other) ? other : (onlyMeantBy(id, this.open) ?? id);
  }

  /** The call with this progress token, and the token as the client spelled it. */
  withToken(token: RequestId): { readonly id: RequestId; readonly token: RequestId } | undefined {
    const rounded = this.#byToken.has(token) ? undefined : onlyMeantBy(token, this.#byToken.keys());
    for (const spelling of [token, otherSpelling(token), rounded]) {
      const id = spelling === undefined ? undefined : this.#byToken.get(spelling);
      if (spelling !== undefined && id !== undefined) return { id, token: spelling };
    }
    return undefined;
  }

  isAwaited(id: RequestId): boolean {
    return this.#pending.has(id);
  }

  /** Whether an answer to this request is passed on. */
  isDue(id: RequestId): boolean {
    return this.#pending.has(id) || this.#takenBack.has(id) || this.isOverdue(id);
  }

  /** Whether the client cancelled this request so long ago that its stream may be gone. */
  isOverdue(id: RequestId): boolean {
    return this.#overdue.has(id);
  }

  /** The backend answered a request. @param written resolves when the answer is sent to the client */
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

  /** The backend answered a call whose turn was given up. */
  answeredLate(id: RequestId): void {
    this.#turns?.end(id);
  }

  /**
   * Whether this server request may belong to a call whose turn was given up. Then serialized calls no longer tell its
   * owner. If the request arrived in the answer to a call in flight, that call is the owner for certain.
   */
  isUncertain(message: JsonRpcMessage): boolean {
    if (this.#turns?.areUncertain !== true || originInFlight() !== undefined) return false;
    return isRequest(message) && scopeOf(message.method) === 'request';
  }

  /**
   * Whether this server request belongs to a call that the client cancelled. The owner is certain with one call at a
   * time, or if the request arrived in the answer to a call, as long as the backend works on that call.
   */
  isPointless(message: JsonRpcMessage): boolean {
    return this.#worksForTakenBack && isRequest(message) && scopeOf(message.method) === 'request';
  }

  get #worksForTakenBack(): boolean {
    if (this.#turns !== undefined) return this.#turns.isTakenBack;
    const origin = cancelledOrigin();
    return origin !== undefined && this.#takenBack.has(origin.id);
  }

  /** Runs `work` in the async context of the backend's call, if it has exactly one. */
  onBehalfOfCurrent(work: () => void): void {
    if (this.#turns === undefined) work();
    else this.#turns.onBehalfOfCurrent(work);
  }

  /** Resolves when the client awaits no answer and all answers are written. */
  async drained(): Promise<void> {
    if (!this.#isDrained) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Forwards no more calls. */
  stop(): void {
    this.#turns?.clear();
    this.#takenBack.takeAll();
  }

  /** @returns the ids of the requests whose answers the client awaits, and forgets them */
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

/** The same id as a number instead of a string, or the other way round. */
function otherSpelling(id: RequestId): RequestId | undefined {
  if (typeof id === 'number') return String(id);
  const number = id.trim() === '' ? Number.NaN : Number(id);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The id of the request that this message cancels, if it cancels one. */
export function takenBackBy(message: JsonRpcMessage): RequestId | undefined {
  return isNotification(message) && message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
}
