import { AsyncLocalStorage } from 'node:async_hooks';
import { after } from '../clock.js';
import { HttpRefusal } from '../http-refusal.js';
import { statusOf } from '../http-status.js';
import type { PassedHeaders, SendOptions } from './client-transport.js';
import type { BackendRefusal } from './options.js';

/** How long the answer to a POST waits for the backend. A later refusal becomes a JSON-RPC error. */
const MAX_WAIT_MS = 10_000;

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** Turns a refusal by the backend into the HTTP answer. If it returns `undefined`, the client gets a JSON-RPC error. */
export type RefusalHook = (refusal: BackendRefusal) => BackendRefusal | undefined;

/** A message from a POST that is on its way to the backend. */
interface Delivery {
  /** The backend took the message. */
  taken(): void;
  /** The backend did not take it. @param told called once it is decided, with the refusal if that is the HTTP answer */
  failed(error: unknown, told: (refusal: BackendRefusal | undefined) => void): void;
}

const current = new AsyncLocalStorage<PendingPost>();

/** Sends a message to the backend. @param undelivered called if that failed, once the client may be told */
type Deliver = (send: (options?: SendOptions) => Promise<void>, undelivered: (error: unknown) => void) => void;

/** Starts to deliver a message of the current POST. The message may have to wait before it is sent. */
export function startDelivery(): Deliver {
  // There is no POST over stdio, or for messages that the proxy itself sends.
  const pendingPost = current.getStore();
  const delivery = pendingPost?.expect();
  return (send, undelivered) => {
    send(pendingPost?.passed && { headers: pendingPost.passed }).then(
      () => delivery?.taken(),
      (error: unknown) => {
        const told = (refusal: BackendRefusal | undefined): void => {
          if (refusal === undefined) pendingPost?.tellUndelivered();
          undelivered(error);
        };
        if (delivery === undefined) told(undefined);
        else delivery.failed(error, told);
      },
    );
  };
}

/**
 * A POST whose answer has not begun. If the backend refuses its message with an HTTP status that a client can act on, the
 * refusal becomes the answer. The client thus learns that it needs a token, or a better one.
 */
export class PendingPost {
  #undecided = 0;
  #refusal: BackendRefusal | undefined;
  #isSettled = false;
  #listeners: ((refusal: BackendRefusal | undefined) => void)[] = [];
  #stopTimer: (() => void) | undefined;
  // Private: V8 keeps a function that is put into a public field, and never called, until the next major collection.
  #undelivered: (() => void) | undefined;

  constructor(
    /** The headers of the POST that are passed on with its messages. */
    readonly passed?: PassedHeaders | undefined,
    /** Without a hook, refusals always become JSON-RPC errors and no answer waits for the backend. */
    private readonly hook?: RefusalHook | undefined,
  ) {}

  /** Whether the backend still decides the answer, or has already refused. */
  get isAwaited(): boolean {
    return this.#isSettled ? this.#refusal !== undefined : this.#undecided > 0;
  }

  run<T>(work: () => T): T {
    return current.run(this, work);
  }

  /** A message of this POST is about to be sent. @returns `undefined` if the outcome cannot change the answer */
  expect(): Delivery | undefined {
    if (this.hook === undefined) return undefined;
    this.#undecided++;
    this.#stopTimer ??= after(MAX_WAIT_MS, () => {
      this.begin();
    });
    return {
      taken: () => {
        this.begin();
      },
      failed: (error, told) => {
        const refusal = this.#isSettled ? undefined : this.#relayed(error);
        if (refusal === undefined) this.begin();
        else this.#refused(refusal);
        this.onSettled(told);
      },
    };
  }

  /** @param undelivered called when the backend did not take a message of this POST, and no refusal is the answer */
  onUndelivered(undelivered: () => void): void {
    this.#undelivered = undelivered;
  }

  tellUndelivered(): void {
    this.#undelivered?.();
  }

  /** Begins the normal answer. */
  begin(): void {
    this.#settle(undefined);
  }

  /** @param settled called with the refusal that becomes the answer, or with `undefined` for the normal answer */
  onSettled(settled: (refusal: BackendRefusal | undefined) => void): void {
    if (this.#isSettled) settled(this.#refusal);
    else this.#listeners.push(settled);
  }

  #refused(refusal: BackendRefusal): void {
    this.#refusal ??= refusal;
    // The backend may still take another message of a batch.
    if (--this.#undecided === 0) this.#settle(this.#refusal);
  }

  #settle(refusal: BackendRefusal | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#refusal = refusal;
    this.#stopTimer?.();
    for (const settled of this.#listeners.splice(0)) settled(refusal);
  }

  #relayed(error: unknown): BackendRefusal | undefined {
    const refusal = refusalIn(error);
    return refusal && this.hook?.(refusal);
  }
}

/** The refusal in an error, if a client can act on it. */
export function refusalIn(error: unknown): HttpRefusal | undefined {
  const status = statusOf(error);
  if (!(error instanceof HttpRefusal)) {
    // Other transports report no headers.
    return status === UNAUTHORIZED || status === FORBIDDEN ? new HttpRefusal(status, String(error)) : undefined;
  }
  const isForClient = 'www-authenticate' in error.headers || 'retry-after' in error.headers;
  return error.status === UNAUTHORIZED || error.status === FORBIDDEN || isForClient ? error : undefined;
}
