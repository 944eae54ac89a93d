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
import type { Backchannel } from '../transport/view.js';
import { errorAnswer, reasonOf } from './answers.js';
import { Backend, isSessionUnknown } from './backend.js';
import type { Credential } from './guard.js';
import { Idle } from './idle.js';
import { Turns } from './serialize.js';
import type { ProxySettings } from './settings.js';
import { within } from './within.js';

/** How long the last answers of a session may take to be written, with an event store that is slow. */
const LAST_WORDS_TIMEOUT_MS = 1_000;

const LEFT = 'the client has ended it';

/** The transport that faces the client of a session. */
export type Downstream = TransportLike & { readonly backchannel: Backchannel };

/** Who opened a session. */
export interface Opener {
  readonly headers: Headers;
  readonly credential: Credential;
}

/** A client and its backend: what the one sends, the other gets, whole and with its id. */
export class Session {
  /** Known from the `initialize` request on. */
  id: string | undefined;
  readonly #backend: Backend;
  readonly #idle: Idle;
  readonly #turns: Turns | undefined;
  /** Requests of the client that the backend has not answered. */
  readonly #pending = new Set<RequestId>();
  #initializeId: RequestId | undefined;
  #isDraining = false;
  #drained: (() => void) | undefined;
  /** What the client waits for is answered. */
  #answered: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    readonly downstream: Downstream,
    readonly opener: Opener,
    private readonly settings: ProxySettings,
    /** It is no session any more. */
    private readonly onEnd: (session: Session, ended: Promise<void>) => void,
    private readonly report: (error: Error) => void,
  ) {
    this.#turns = settings.serialize ? new Turns() : undefined;
    this.#idle = new Idle(settings.idleTimeoutMs, () => void this.end('the client was away for too long'));
    this.#backend = new Backend((signal) => settings.upstream({ headers: opener.headers, signal }), {
      received: (message) => this.#fromBackend(message),
      lost: (reason) => void this.end(reason, true),
      report,
      isAwaited: () => this.#pending.size > 0,
    });
    downstream.onmessage = (message: JsonRpcMessage) => this.#fromClient(message);
    downstream.onclose = () => void this.end(LEFT);
    downstream.onerror = report;
  }

  // ---- life ----

  /** An HTTP exchange with the client has begun. */
  connected(): void {
    this.#idle.connected();
  }

  /** One is over. A session that is none by now never will be. */
  disconnected(): void {
    if (this.#ended !== undefined) return;
    if (this.id === undefined) void this.end('no session was initialized');
    else this.#idle.disconnected();
  }

  /** Takes no more calls. Resolves when those in flight are answered. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /**
   * Ends the session: what the client still waits for is answered with an error that names the reason.
   * Resolves when client and backend are both disconnected.
   */
  end(reason: string, isBackendLost = false): Promise<void> {
    if (this.#ended !== undefined) return this.#ended;
    this.#idle.stop();
    this.#turns?.clear();
    // Not before the session knows that it has ended: to close a transport calls back.
    this.#answered = Promise.resolve().then(() => this.#answerPending(reason));
    const disconnected = [
      this.#answered.then(() => this.downstream.close()),
      this.#answered.then(() => this.#backend.close(isBackendLost)),
    ];
    this.#ended = Promise.all(disconnected).then(
      () => undefined,
      (error: unknown) => this.report(asError(error)),
    );
    this.onEnd(this, this.#ended);
    return this.#ended;
  }

  /** The client ends the session. Resolves when what it waits for is answered. */
  async leave(): Promise<void> {
    void this.end(LEFT);
    await this.#answered;
  }

  async #answerPending(reason: string): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    this.#drained?.();
    if (pending.length === 0) return;
    const answers = pending.map((id) => this.#answer(id, `The session has ended: ${reason}`));
    await within(LAST_WORDS_TIMEOUT_MS, Promise.all(answers));
  }

  // ---- client to backend ----

  #fromClient(message: JsonRpcMessage): void {
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
    if (this.#isDraining) {
      void this.#answer(message.id, 'The proxy is shutting down and takes no more requests');
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
      void this.end(reason, true);
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
      if (this.#ended === undefined) this.report(asError(error));
    });
  }

  #toBackend(message: JsonRpcMessage): Promise<void> {
    return this.#ended === undefined ? this.#backend.send(message) : Promise.resolve();
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
    this.#toClient(message).catch((error: unknown) => this.report(asError(error)));
    this.#settled(message.id);
    this.#turns?.end(message.id);
    if (answersInitialize && message.error !== undefined) void this.end('the backend refused to initialize it');
  }

  #serverInitiated(message: JsonRpcMessage): void {
    this.#toClient(message).catch((error: unknown) => {
      if (isRequest(message)) this.#tellBackend(errorAnswer(message.id, reasonOf(error)));
      else this.report(asError(error));
    });
  }

  #toClient(message: JsonRpcMessage): Promise<void> {
    return this.downstream.send(message);
  }

  // ---- answers of our own ----

  #answer(id: RequestId, message: string): Promise<void> {
    return this.#toClient(errorAnswer(id, message)).catch((error: unknown) => this.report(asError(error)));
  }

  #settled(id: RequestId): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#drained?.();
  }
}
