import type { TransportLike } from '../transport-like.js';
import { callbackFailed, type Report } from './report.js';
import { attempt } from './write-order.js';

/** The wrapper that has the lifecycle. */
export interface LifecycleOwner {
  readonly report: Report;
  /** A new life has begun: nothing is left of the last one. */
  begun(): void;
  /** The transport has closed: everything that is pending is settled. */
  ended(): void;
}

/** Starts and closes a transport, and calls `onclose`. A transport may be started again after it was closed. */
export class Lifecycle {
  /** The user's callback. */
  onclose: (() => void) | undefined;
  #isOpen = true;
  /** `close()` was called, and the inner transport has not called back yet. It may do so long after it has closed. */
  #owesOnclose = false;
  #closing: Promise<void> | undefined;
  /** How often the transport was started again after it had closed. */
  #restarts = 0;

  constructor(
    private readonly inner: TransportLike,
    private readonly owner: LifecycleOwner,
  ) {
    // A callback that was set before wrapping stays set. From now on the inner transport calls us.
    this.onclose = inner.onclose;
    inner.onclose = () => {
      this.#innerClosed();
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): Promise<void> {
    // Not in `begin()`: a message that a transport still delivers while it closes is no restart.
    if (!this.#isOpen) this.#restarts += 1;
    this.begin();
    return this.inner.start();
  }

  /** A transport that is in use is open. */
  begin(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#closing = undefined;
    this.owner.begun();
  }

  /** Idempotent. Everything that is pending is settled before `onclose` is called. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const restarts = this.#restarts;
    if (this.#isOpen) this.#owesOnclose = true;
    const closing = attempt(() => this.inner.close()).then(
      () => {
        // A transport that does not call back when it has closed is closed all the same.
        if (this.#restarts === restarts) this.#end();
      },
      (error: unknown) => {
        // Whatever state the transport is in, nobody shall wait for it.
        if (this.#restarts === restarts) {
          this.#end();
          this.#closing = undefined;
        }
        throw error;
      },
    );
    // Its `onclose` may have started the next life, which is not closing.
    if (this.#restarts === restarts) this.#closing = closing;
    return closing;
  }

  /** The inner transport has called `onclose`. Some call it twice. */
  #innerClosed(): void {
    if (!this.#isOpen && !this.#owesOnclose) return;
    this.#owesOnclose = false;
    this.#end();
    try {
      this.onclose?.();
    } catch (cause) {
      this.owner.report(callbackFailed('onclose', cause));
    }
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.owner.ended();
  }
}
