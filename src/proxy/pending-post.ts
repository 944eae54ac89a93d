import { AsyncLocalStorage } from 'node:async_hooks';
import { after } from '../clock.js';
import { HttpRefusal } from '../http-refusal.js';
import { statusOf } from '../http-status.js';
import type { PassedHeaders, SendOptions } from './client-transport.js';
import type { BackendRefusal } from './options.js';

/** How long the answer to a request waits for its backend: after that, what the backend refuses is told in JSON-RPC. */
const MAX_WAIT_MS = 10_000;

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** Changes the refusal of a backend into what the client is answered; nothing: the client gets a JSON-RPC error. */
export type RefusalHook = (refusal: BackendRefusal) => BackendRefusal | undefined;

/** A message of a POST that is on its way to the backend. */
interface Delivery {
  /** The backend has it. */
  taken(): void;
  /** It has not. @param told is called when it is known whether that is the answer over HTTP */
  failed(error: unknown, told: () => void): void;
}

const current = new AsyncLocalStorage<PendingPost>();

/** Sends a message to the backend. @param undelivered is called when it has not got there, and what follows may be told */
type Deliver = (send: (options?: SendOptions) => Promise<void>, undelivered: (error: unknown) => void) => void;

/** A message which is being handled is on its way to the backend, which it may have to wait for. */
export function startDelivery(): Deliver {
  // None over stdio, and for what the proxy says by itself.
  const pendingPost = current.getStore();
  const delivery = pendingPost?.expect();
  return (send, undelivered) => {
    send(pendingPost?.passed && { headers: pendingPost.passed }).then(
      () => delivery?.taken(),
      (error: unknown) => {
        if (delivery === undefined) undelivered(error);
        else {
          delivery.failed(error, () => {
            undelivered(error);
          });
        }
      },
    );
  };
}

/**
 * A POST of a client whose answer has not begun. If the backend refuses what it has brought with an HTTP status that a
 * client acts on, that is its answer: so a client learns that it needs a token, or a better one.
 */
export class PendingPost {
  #undecided = 0;
  #refusal: BackendRefusal | undefined;
  #isSettled = false;
  #listeners: ((refusal: BackendRefusal | undefined) => void)[] = [];
  #stopTimer: (() => void) | undefined;

  constructor(
    /** The headers of it that the backend gets with its messages. */
    readonly passed?: PassedHeaders | undefined,
    /** None: what a backend refuses is always told in JSON-RPC, and no answer waits for it. */
    private readonly hook?: RefusalHook | undefined,
  ) {}

  /** Whether it is for the backend to say how it is answered. */
  get isAwaited(): boolean {
    return this.#isSettled ? this.#refusal !== undefined : this.#undecided > 0;
  }

  run<T>(work: () => T): T {
    return current.run(this, work);
  }

  /** A message of it is sent to the backend. @returns nothing: however that ends, it is answered as ever */
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

  /** It is answered as ever. */
  begin(): void {
    this.#settle(undefined);
  }

  /** @param settled is called with the refusal that is its answer, or when it is answered as ever */
  onSettled(settled: (refusal: BackendRefusal | undefined) => void): void {
    if (this.#isSettled) settled(this.#refusal);
    else this.#listeners.push(settled);
  }

  #refused(refusal: BackendRefusal): void {
    this.#refusal ??= refusal;
    // Of a batch, the backend may take the next.
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

/** The refusal that a client can act on, if that is what an error tells. */
export function refusalIn(error: unknown): HttpRefusal | undefined {
  const status = statusOf(error);
  if (!(error instanceof HttpRefusal)) {
    // Other transports tell of no header.
    return status === UNAUTHORIZED || status === FORBIDDEN ? new HttpRefusal(status, String(error)) : undefined;
  }
  const isForClient = 'www-authenticate' in error.headers || 'retry-after' in error.headers;
  return error.status === UNAUTHORIZED || error.status === FORBIDDEN || isForClient ? error : undefined;
}
