import { after } from '../clock.js';
import { asError } from '../errors.js';
import { isOfOneRequest } from '../of-one-request.js';
import type { JsonRpcMessage, RequestMessage } from '../routing/message.js';
import { closeTransport, type ClientTransport } from './client-transport.js';
import type { Credential } from './credential.js';

/** How long a start is kept for its client. */
const KEEP_MS = 120_000;

/** How many starts are kept, and how many messages of each. */
const MAX_KEPT = 16;
const MAX_SAID = 100;

/** Who began a start. */
export interface Starter {
  readonly headers: Headers;
  readonly credential: Credential;
}

/** A backend that was sent `initialize` and has not answered it, or answered after the client had left. */
export interface Start {
  readonly transport: ClientTransport;
  readonly initialize: RequestMessage;
  /** Rejects when `initialize` could not be sent. */
  readonly sent: Promise<void>;
  /** The callbacks that were set on the transport before ours. */
  readonly callbacks: Callbacks;
}

export type Callbacks = Pick<ClientTransport, 'onmessage' | 'onclose' | 'onerror'>;

/** Gives a session a kept start, and keeps its own. */
export interface StartKeeper {
  /** @returns a kept start with the same `initialize` and what the backend has sent since */
  take(initialize: RequestMessage): (Start & { readonly said: readonly JsonRpcMessage[] }) | undefined;
  /** @returns whether the start is kept; if not, the caller must close it */
  keep(start: Start): boolean;
}

interface Kept extends Start {
  readonly starter: Starter;
  readonly said: JsonRpcMessage[];
  readonly cancelTimer: () => void;
}

/**
 * Keeps starts whose clients went away too early. A backend may take longer to start than its client waits, and if every
 * attempt began from scratch, the client would never reach it. A start goes to the next attempt with the same credential,
 * headers and `initialize` parameters, which is all that a backend knows of its client before it is initialized.
 */
export class Starts {
  readonly #kept = new Set<Kept>();
  #isClosed = false;

  constructor(
    private readonly report: (error: Error) => void,
    /** Returns how many starts may be kept. */
    private readonly places: () => number,
  ) {}

  take(starter: Starter, initialize: RequestMessage): ReturnType<StartKeeper['take']> {
    const found = [...this.#kept].find(
      (kept) => isSame(kept.starter, starter) && saysSame(kept.initialize, initialize),
    );
    if (found !== undefined) this.#release(found);
    // A new backend is about to start and may need the place of a kept start.
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

  /** Closes all kept starts. Resolves when their backends are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#kept].map(async (kept) => this.#drop(kept)));
  }

  /** Drops the oldest starts first. */
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

/** Whether two attempts come from the same client, as far as can be known. */
export function isSame(one: Starter, other: Starter): boolean {
  return (
    one.credential.relationOf(other.credential) === 'same' && identityOf(one.headers) === identityOf(other.headers)
  );
}

/** All that a backend can know of its client before it is initialized, as far as it does not differ between requests. */
function identityOf(headers: Headers): string {
  return JSON.stringify([...headers].filter(([name]) => !isOfOneRequest(name)));
}

function saysSame(one: RequestMessage, other: RequestMessage): boolean {
  return sayingsOf(one) === sayingsOf(other);
}

/** The parameters as JSON, without what traces a single request. */
function sayingsOf({ params }: RequestMessage): string {
  const inMeta = (name: string, value: unknown): unknown => (name !== '' && isOfOneRequest(name) ? undefined : value);
  const { _meta: meta, ...others } = Object(params) as { readonly _meta?: unknown };
  return JSON.stringify([others, JSON.stringify(meta, inMeta)]);
}
