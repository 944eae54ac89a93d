import { AsyncResource } from 'node:async_hooks';
import { putBounded } from '../routing/bounded.js';
import type { RequestId } from '../routing/message.js';

/** How many calls without a late answer are remembered after their turn was given up. */
const MAX_GIVEN_UP = 1_024;

interface Call {
  readonly id: RequestId;
  readonly forward: () => void;
  /** The async context in which the call arrived. Messages sent in it belong to the call. */
  readonly context: AsyncResource;
  isTakenBack: boolean;
}

/**
 * Forwards one call at a time; the others wait in order. Every server-initiated message then belongs to the one call that
 * the backend has.
 */
export class CallTurns {
  #current: Call | undefined;
  #waiting: Call[] = [];
  /** Calls whose turn was given up before the backend answered them. The backend may still be working on them. */
  readonly #givenUp = new Map<RequestId, true>();

  /** Forwards a call when its turn comes: at once, if no other call is running. */
  take(id: RequestId, forward: () => void): void {
    const call = { id, forward, context: new AsyncResource('mcp-backchannel:call'), isTakenBack: false };
    if (this.#current === undefined) this.#forward(call);
    else this.#waiting.push(call);
  }

  /**
   * The client cancelled a call. If the backend has the call, it keeps its turn until it is over.
   *
   * @returns how many waiting calls had this id; they are never forwarded
   */
  withdraw(id: RequestId): number {
    if (this.#current?.id === id) this.#current.isTakenBack = true;
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((call) => call.id !== id);
    return before - this.#waiting.length;
  }

  /** Whether the client cancelled the call that the backend has. */
  get isTakenBack(): boolean {
    return this.#current?.isTakenBack === true;
  }

  /** Whether the backend may also be working on calls other than the current one. */
  get areUncertain(): boolean {
    return this.#givenUp.size > 0;
  }

  /** The backend did not answer a cancelled call in time. Forwards the next call. */
  giveUp(id: RequestId): void {
    if (this.#current?.id === id) putBounded(this.#givenUp, id, true, MAX_GIVEN_UP);
    this.#next(id);
  }

  /** A call is answered. Forwards the next call. */
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

  /** Runs `work` in the async context of the current call, unless the backend may be working on others. */
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
