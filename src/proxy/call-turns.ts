import { AsyncResource } from 'node:async_hooks';
import { putBounded } from '../routing/bounded.js';
import type { RequestId } from '../routing/message.js';

/** How many calls that were given up are remembered. */
const MAX_GIVEN_UP = 1_024;

interface Call {
  readonly id: RequestId;
  readonly forward: () => void;
  /** The async context in which it came in: what is sent in it is sent on the call's behalf. */
  readonly context: AsyncResource;
  isTakenBack: boolean;
}

/**
 * One call at a time, the others in the order in which they came. Whatever a backend says by itself
 * belongs to the one call that it has.
 */
export class CallTurns {
  #current: Call | undefined;
  #waiting: Call[] = [];
  /** The calls whose turn was given up before the backend had answered them. It may still be at work on them. */
  readonly #givenUp = new Map<RequestId, true>();

  /** Forwards a call when it is its turn: now, if there is no other. */
  take(id: RequestId, forward: () => void): void {
    const call = { id, forward, context: new AsyncResource('mcp-backchannel:call'), isTakenBack: false };
    if (this.#current === undefined) this.#forward(call);
    else this.#waiting.push(call);
  }

  /**
   * The client took a call back. One that the backend has keeps its turn until it is over.
   *
   * @returns how many of this id were waiting: the backend has never heard of them
   */
  withdraw(id: RequestId): number {
    if (this.#current?.id === id) this.#current.isTakenBack = true;
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((call) => call.id !== id);
    return before - this.#waiting.length;
  }

  /** Whether the client has taken back the call that the backend has. */
  get isTakenBack(): boolean {
    return this.#current?.isTakenBack === true;
  }

  /** Whether the backend may be at work on more calls than the one that has the turn. */
  get areUncertain(): boolean {
    return this.#givenUp.size > 0;
  }

  /** The backend has had the time to answer a call that the client took back, and has not: the next one, please. */
  giveUp(id: RequestId): void {
    if (this.#current?.id === id) putBounded(this.#givenUp, id, true, MAX_GIVEN_UP);
    this.#next(id);
  }

  /** A call is answered: the next one, please. */
  end(id: RequestId): void {
    this.#givenUp.delete(id);
    this.#next(id);
  }

  #next(id: RequestId): void {
    if (this.#current?.id !== id) return;
    this.#current = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#forward(next);
  }

  /** Does something on behalf of the call that the backend has, if there can be no other. */
  onBehalfOfCurrent(work: () => void): void {
    if (this.#current === undefined || this.areUncertain) work();
    else this.#current.context.runInAsyncScope(work);
  }

  clear(): void {
    this.#current = undefined;
    this.#waiting = [];
    this.#givenUp.clear();
  }

  #forward(call: Call): void {
    this.#current = call;
    call.context.runInAsyncScope(call.forward);
  }
}
