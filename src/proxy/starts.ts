import { after } from '../clock.js';
import { asError } from '../errors.js';
import type { JsonRpcMessage, RequestMessage } from '../routing/message.js';
import { closeTransport, type ClientTransport } from './client-transport.js';
import type { Credential } from './credential.js';

/** How long a start is kept for its client to come back. */
const KEEP_MS = 120_000;

/** How many are kept, and of each no more messages. */
const MAX_KEPT = 16;
const MAX_SAID = 100;

/** Of these headers, each attempt of one client has others: they name a request, and nobody. */
const OF_REQUEST: ReadonlySet<string> = new Set([
  ...['baggage', 'content-length', 'traceparent', 'tracestate'],
  ...['x-amzn-trace-id', 'x-correlation-id', 'x-request-id', 'x-request-start'],
]);

/** Who began a start. */
export interface Starter {
  readonly headers: Headers;
  readonly credential: Credential;
}

/** A backend that was sent `initialize`, and has not answered it, or has answered when nobody was there. */
export interface Start {
  readonly transport: ClientTransport;
  readonly initialize: RequestMessage;
  /** Rejects when that could not be sent. */
  readonly sent: Promise<void>;
  /** Those that the transport came with. */
  readonly callbacks: Callbacks;
}

export type Callbacks = Pick<ClientTransport, 'onmessage' | 'onclose' | 'onerror'>;

/** Where a session finds a start, and leaves its own. */
export interface StartKeeper {
  /** @returns one that began as this one would, and what the backend has said since */
  take(initialize: RequestMessage): (Start & { readonly said: readonly JsonRpcMessage[] }) | undefined;
  /** @returns whether it is kept: if not, whoever has it closes it */
  keep(start: Start): boolean;
}

interface Kept extends Start {
  readonly starter: Starter;
  readonly said: JsonRpcMessage[];
  readonly cancelTimer: () => void;
}

/**
 * Starts whose clients went away before they were done: a backend may take longer to start than its client waits, and
 * would never be reached if each attempt began from nothing. A start is handed to the next attempt that has the same
 * credential and headers and says the same of itself: what a backend knows before it is initialized is no more than that.
 */
export class Starts {
  readonly #kept = new Set<Kept>();
  #isClosed = false;

  constructor(
    private readonly report: (error: Error) => void,
    /** How many there may be. */
    private readonly places: () => number,
  ) {}

  take(starter: Starter, initialize: RequestMessage): ReturnType<StartKeeper['take']> {
    const found = [...this.#kept].find(
      (kept) => isSame(kept.starter, starter) && saysSame(kept.initialize, initialize),
    );
    if (found !== undefined) this.#release(found);
    // It is about to be started, and may need the place of one that nobody comes back for.
    else this.#dropDownTo(this.places());
    return found;
  }

  keep(starter: Starter, start: Start): boolean {
    if (this.#isClosed) return false;
    this.#dropDownTo(Math.min(MAX_KEPT, this.places()) - 1);
    const said: JsonRpcMessage[] = [];
    const cancelTimer = after(KEEP_MS, () => {
      void this.#drop(kept);
    });
    const kept: Kept = { ...start, starter, said, cancelTimer };
    const { transport, callbacks } = start;
    transport.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
      callbacks.onmessage?.(message, extra);
      if (message.method === undefined && message.error !== undefined) void this.#drop(kept);
      else if (said.length < MAX_SAID) said.push(message);
    };
    transport.onclose = () => {
      callbacks.onclose?.();
      this.#release(kept);
    };
    transport.onerror = (error) => {
      callbacks.onerror?.(error);
      this.report(error);
    };
    this.#kept.add(kept);
    start.sent.catch(() => {
      if (this.#kept.has(kept)) void this.#drop(kept);
    });
    return true;
  }

  /** Resolves when the backends of all that are kept are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#kept].map(async (kept) => this.#drop(kept)));
  }

  /** The oldest go first. */
  #dropDownTo(count: number): void {
    const tooMany = this.#kept.size - Math.max(0, count);
    for (const kept of [...this.#kept].slice(0, Math.max(0, tooMany))) void this.#drop(kept);
  }

  async #drop(kept: Kept): Promise<void> {
    this.#release(kept);
    await closeTransport(kept.transport).catch((error: unknown) => this.report(asError(error)));
  }

  #release(kept: Kept): void {
    kept.cancelTimer();
    this.#kept.delete(kept);
  }
}

/** Whether two attempts are, for all that can be known, of one client. */
export function isSame(one: Starter, other: Starter): boolean {
  return (
    one.credential.relationOf(other.credential) === 'same' && identityOf(one.headers) === identityOf(other.headers)
  );
}

function identityOf(headers: Headers): string {
  return JSON.stringify([...headers].filter(([name]) => !OF_REQUEST.has(name)));
}

function saysSame({ params }: RequestMessage, other: RequestMessage): boolean {
  return JSON.stringify(params) === JSON.stringify(other.params);
}
