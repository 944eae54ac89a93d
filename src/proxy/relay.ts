import { asError } from '../errors.js';
import {
  cancelledIdOf,
  isNotification,
  isRequest,
  isResponse,
  ownerRankOf,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { errorAnswer, reasonOf } from './answers.js';
import { Backend, isSessionUnknown, type MakeTransport } from './backend.js';
import { Turns } from './serialize.js';
import { within } from './within.js';

/** How long the last answers may take to be written, with an event store that is slow. */
const LAST_WORDS_TIMEOUT_MS = 1_000;

export interface RelayOptions {
  readonly client: Pick<TransportLike, 'send'>;
  readonly makeTransport: MakeTransport;
  /** One call at a time. */
  readonly serialize: boolean;
  /** The backend is connected. */
  readonly onStart: () => void;
  /** Nothing can be relayed any more. */
  readonly onEnd: (reason: string, isBackendLost: boolean) => void;
  readonly report: (error: Error) => void;
}

/** What a client sends, its backend gets, and the other way round, whole and with its id. */
export class Relay {
  readonly #backend: Backend;
  readonly #turns: Turns | undefined;
  /** Requests of the client that the backend has not answered. */
  readonly #pending = new Set<RequestId>();
  #initializeId: RequestId | undefined;
  /** Why no more requests are taken. */
  #refusal: string | undefined;
  #drained: (() => void) | undefined;
  #isOver = false;

  constructor(private readonly options: RelayOptions) {
    this.#turns = options.serialize ? new Turns() : undefined;
    this.#backend = new Backend(options.makeTransport, {
      started: options.onStart,
      received: (message) => this.#fromBackend(message),
      lost: (reason) => options.onEnd(reason, true),
      report: options.report,
      isAwaited: () => this.#pending.size > 0,
    });
  }

  /** From now on each request is answered with this reason. */
  refuse(reason: string): void {
    this.#refusal = reason;
  }

  /** Resolves when the calls in flight are answered. */
  async drained(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** Passes on no more. */
  stop(): void {
    this.#isOver = true;
    this.#turns?.clear();
  }

  /** Answers whatever the client still waits for. Resolves when that is written. */
  async answerPending(reason: string): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    this.#drained?.();
    if (pending.length === 0) return;
    const answers = pending.map((id) => this.#answer(id, `The session has ended: ${reason}`));
    await within(LAST_WORDS_TIMEOUT_MS, Promise.all(answers));
  }

  closeBackend(isLost: boolean): Promise<void> {
    return this.#backend.close(isLost);
  }

  // ---- client to backend ----

  fromClient(message: JsonRpcMessage): void {
    if (isRequest(message)) {
      this.#request(message);
      return;
    }
    const id = isNotification(message) && message.method === 'notifications/cancelled' && cancelledIdOf(message);
    if (id !== false && id !== undefined) {
      this.#settled(id);
      if (this.#turns?.withdraw(id) === true) return;
    }
    this.#tellBackend(message);
  }

  #request(message: RequestMessage): void {
    if (this.#refusal !== undefined) {
      void this.#answer(message.id, this.#refusal);
      return;
    }
    if (message.method === 'initialize') this.#initializeId = message.id;
    this.#pending.add(message.id);
    const forward = (): void => {
      this.#toBackend(message).catch((error: unknown) => this.#undelivered(message, error));
    };
    // A request that no message of the backend can belong to need not wait, and may be one to cancel.
    if (this.#turns === undefined || ownerRankOf(message.method) === 'never') forward();
    else this.#turns.take(message.id, forward);
  }

  #undelivered({ id, method }: RequestMessage, error: unknown): void {
    const reason = `the backend could not be reached: ${reasonOf(error)}`;
    if (method === 'initialize' || isSessionUnknown(error)) {
      this.options.onEnd(reason, true);
    } else if (this.#pending.has(id)) {
      void this.#answer(id, `The request was not forwarded: ${reason}`);
      this.#settled(id);
      this.#turns?.end(id);
    }
  }

  /** Sends what nobody awaits an answer to. */
  #tellBackend(message: JsonRpcMessage): void {
    this.#toBackend(message).catch((error: unknown) => {
      // What the end of the session has broken off is no news.
      if (!this.#isOver) this.options.report(asError(error));
    });
  }

  #toBackend(message: JsonRpcMessage): Promise<void> {
    return this.#isOver ? Promise.resolve() : this.#backend.send(message);
  }

  // ---- backend to client ----

  #fromBackend(message: JsonRpcMessage): void {
    if (isResponse(message)) {
      this.#response(message);
    } else if (this.#turns === undefined) {
      this.#serverInitiated(message);
    } else {
      this.#turns.onBehalfOfCurrent(() => {
        this.#serverInitiated(message);
      });
    }
  }

  #response(message: JsonRpcMessage & { readonly id: RequestId }): void {
    const answersInitialize = message.id === this.#initializeId;
    if (answersInitialize) {
      this.#initializeId = undefined;
      const { protocolVersion } = (message.result ?? {}) as { protocolVersion?: unknown };
      if (typeof protocolVersion === 'string') this.#backend.agreedOn(protocolVersion);
    }
    this.#toClient(message).catch((error: unknown) => this.options.report(asError(error)));
    this.#settled(message.id);
    this.#turns?.end(message.id);
    if (answersInitialize && message.error !== undefined)
      this.options.onEnd('the backend refused to initialize it', false);
  }

  #serverInitiated(message: JsonRpcMessage): void {
    this.#toClient(message).catch((error: unknown) => {
      if (isRequest(message)) this.#tellBackend(errorAnswer(message.id, reasonOf(error)));
      else this.options.report(asError(error));
    });
  }

  #toClient(message: JsonRpcMessage): Promise<void> {
    return this.options.client.send(message);
  }

  // ---- answers of our own ----

  #answer(id: RequestId, message: string): Promise<void> {
    return this.#toClient(errorAnswer(id, message)).catch((error: unknown) => this.options.report(asError(error)));
  }

  #settled(id: RequestId): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#drained?.();
  }
}
