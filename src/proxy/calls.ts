import {
  isRequest,
  ownerRankOf,
  scopeOf,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../routing/message.js';
import { tooManyRequests } from './answers.js';
import { Pending } from './pending.js';
import { Turns } from './serialize.js';
import { TakenBack } from './taken-back.js';

/** Ids are kept as long as their requests are open. */
const MAX_ID_LENGTH = 1_000;

export interface CallsOptions {
  /** One at a time. */
  readonly serialize: boolean;
  readonly maxInFlight: number;
}

/** The requests of a client that its backend has, or that wait for it. */
export class Calls {
  /** The client awaits the answers. */
  readonly #pending = new Pending();
  readonly #takenBack = new TakenBack();
  readonly #turns: Turns | undefined;
  #drained: (() => void) | undefined;

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
    const due = this.#pending.forget(id);
    const isWaiting = this.#turns?.withdraw(id) === true;
    const over = (): void => {
      this.#turns?.end(id);
      answer();
    };
    for (let count = 0; count < due; count++) {
      if (isWaiting) over();
      else this.#takenBack.add(id, over);
    }
    this.#tellIfDrained();
    return isWaiting;
  }

  isDue(id: RequestId): boolean {
    return this.#pending.has(id) || this.#takenBack.has(id);
  }

  /** One answer is there. */
  settle(id: RequestId): void {
    if (!this.#pending.answered(id)) this.#takenBack.answered(id);
    this.#turns?.end(id);
    this.#tellIfDrained();
  }

  /** Whether this question belongs to a call whose answer nobody awaits: that is certain of one call at a time. */
  isPointless(message: JsonRpcMessage): boolean {
    return this.#turns?.isTakenBack === true && isRequest(message) && scopeOf(message.method) === 'request';
  }

  /** Does something on behalf of the call that the backend has, if there is only one. */
  onBehalfOfCurrent(work: () => void): void {
    if (this.#turns === undefined) work();
    else this.#turns.onBehalfOfCurrent(work);
  }

  /** Resolves when the client awaits no answer. */
  async drained(): Promise<void> {
    if (this.areAwaited) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** Forwards no more. */
  stop(): void {
    this.#turns?.clear();
    this.#takenBack.clear();
  }

  /** @returns the ids of the requests whose answers the client awaits; they are none of ours any more */
  takeAwaited(): RequestId[] {
    const ids = this.#pending.takeAll();
    this.#tellIfDrained();
    return ids;
  }

  #tellIfDrained(): void {
    if (!this.areAwaited) this.#drained?.();
  }
}
