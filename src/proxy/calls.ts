import { after } from '../clock.js';
import {
  isRequest,
  ownerRankOf,
  scopeOf,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../routing/message.js';
import { cancelledOrigin, originInFlight } from '../interceptor/origin.js';
import { tooManyRequests } from './own-answers.js';
import { Pending } from './pending.js';
import { Turns } from './turns.js';

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
  readonly #pending = new Pending();
  /** It does not; but each counts until the backend has answered it, or has had the time to. */
  readonly #takenBack = new Pending();
  readonly #turns: Turns | undefined;
  /** Answers that are on their way to the client. */
  #unwritten = 0;
  #waiting: (() => void)[] = [];

  constructor(private readonly options: CallsOptions) {
    this.#turns = options.serialize ? new Turns() : undefined;
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

  /** Forwards a request when it is its turn. */
  add({ id, method }: RequestMessage, forward: () => void): void {
    this.#pending.add(id);
    // A request that no message of the backend can belong to need not wait, and may be one to cancel.
    if (this.#turns === undefined || ownerRankOf(method) === 'never') forward();
    else this.#turns.take(id, forward);
  }

  /**
   * The client awaits no answer any more. It gets one nevertheless, from the backend or when that has had the time:
   * until then its stream is open, and the SDK's transport keeps its id.
   *
   * @returns whether the backend has not even heard of the request
   */
  takeBack(id: RequestId, answer: () => void): boolean {
    const withdrawn = this.#turns?.withdraw(id) ?? 0;
    let due = 0;
    for (; this.#pending.answered(id); due++) {
      if (due < withdrawn) answer();
      else this.#awaitNoLonger(id, answer);
    }
    this.#tellIfDrained();
    return due > 0 && due === withdrawn;
  }

  #awaitNoLonger(id: RequestId, answer: () => void): void {
    const overdue = (): void => {
      this.#takenBack.answered(id);
      this.#turns?.giveUp(id);
      answer();
    };
    this.#takenBack.add(id, after(TAKEN_BACK_GRACE_MS, overdue));
  }

  isDue(id: RequestId): boolean {
    return this.#pending.has(id) || this.#takenBack.has(id);
  }

  /** One answer is there. @param written resolves when the client has it */
  settle(id: RequestId, written: Promise<void>): void {
    if (!this.#pending.answered(id)) this.#takenBack.answered(id);
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
    this.#tellIfDrained();
    return ids;
  }

  get #isDrained(): boolean {
    return !this.areAwaited && this.#unwritten === 0;
  }

  #tellIfDrained(): void {
    if (this.#isDrained) for (const tell of this.#waiting.splice(0)) tell();
  }
}
