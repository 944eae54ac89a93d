import { addingHeaders } from '../../added-headers.js';
import { BriefMap } from '../../routing/brief-map.js';
import { randomUUID } from 'node:crypto';
import { after } from '../../clock.js';
import { errorAnswer } from '../../error-answers.js';
import { asError, textOf } from '../../errors.js';
import {
  cancelledIdOf,
  isRequest,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../../routing/message.js';
import { isSessionUnknown } from '../../session-unknown.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import type { HttpTransport } from './http-transport.js';
import { forClient, forServer } from './question-ids.js';
import { SessionMemory } from './session-memory.js';

/** How long a server may take to begin a session, and to answer each request that restores one. */
const RENEWAL_TIMEOUT_MS = 60_000;

/**
 * The client's session with an HTTP server. It survives the loss of the server's session: when the server forgets it or
 * restarts, this transport begins a new one with the client's own requests. It tells the client what that changes: it
 * answers each lost call with an error, cancels each open server request, and reports that each list may have changed.
 */
export class RenewingTransport implements TransportLike {
  readonly settlesRequests = true;
  /** No probe is needed: the next message shows whether the server is still there. */
  readonly renewsSessions = true;
  /** The server's session ids change, so this transport shows none. */
  readonly sessionId = undefined;
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  #inner: HttpTransport;
  /** The number of the current session; the first is 0. */
  #session = 0;
  #isLost = false;
  #isClosed = false;
  #renewal: Promise<void> | undefined;
  readonly #memory = new SessionMemory();
  /** Requests of the client that the server has yet to answer. */
  readonly #awaited = new BriefMap<RequestId, RequestMessage>();
  /** Server requests that the client has yet to answer, by the ids that the client sees. */
  readonly #questions = new Set<RequestId>();
  /** The requests that this transport sends itself. */
  readonly #own = new Map<unknown, (answer: JsonRpcMessage) => void>();
  readonly #ownPrefix = `mcp-backchannel:${randomUUID()}:`;
  #ownCount = 0;

  constructor(private readonly make: () => HttpTransport) {
    this.#inner = this.#connected();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (message.method === undefined) {
      await this.#answer(message);
      return;
    }
    if (this.#isLost) await this.#renew();
    if (isRequest(message)) this.#awaited.set(message.id, message);
    const taken = message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
    if (taken !== undefined) this.#awaited.delete(taken);
    const inner = this.#inner;
    try {
      await inner.send(message);
      this.#memory.told(message);
    } catch (error) {
      const isLost = this.#isLostWith(inner, error);
      if (isLost) this.#lose();
      // `#lose()` answers a lost call with an error. Other messages for the old session mean nothing to the new one.
      if (isLost || inner !== this.#inner) return;
      if (isRequest(message)) this.#awaited.delete(message.id);
      throw error;
    }
  }

  terminateSession(): Promise<void> {
    return this.#inner.terminateSession();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#inner.close();
    this.onclose?.();
  }

  async #answer(message: JsonRpcMessage): Promise<void> {
    this.#questions.delete(message.id as RequestId);
    const answer = forServer(message, this.#session);
    // An answer that belongs to an old session is dropped.
    if (answer !== undefined) await this.#inner.send(answer);
  }

  #connected(): HttpTransport {
    const inner = this.make();
    const session = this.#session;
    inner.onmessage = (message) => {
      this.#received(message, session);
    };
    inner.onerror = (error) => {
      if (!this.#isLostWith(inner, error)) this.onerror?.(error);
    };
    inner.onclose = () => {
      if (!this.#isClosed && inner === this.#inner) this.#lose();
    };
    return inner;
  }

  #received(message: JsonRpcMessage, session: number): void {
    if (session !== this.#session) return;
    if (message.method === undefined) {
      const own = this.#own.get(message.id);
      if (own !== undefined) {
        own(message);
        return;
      }
      const request = this.#awaited.get(message.id as RequestId);
      this.#awaited.delete(message.id as RequestId);
      if (request !== undefined) this.#memory.answered(request, message);
      this.onmessage?.(message);
      return;
    }
    const told = forClient(message, session);
    if (isRequest(told)) this.#questions.add(told.id);
    const cancelled = message.method === 'notifications/cancelled' ? cancelledIdOf(told) : undefined;
    if (cancelled !== undefined) this.#questions.delete(cancelled);
    this.onmessage?.(told);
  }

  #isLostWith(inner: HttpTransport, error: unknown): boolean {
    const canRenew = this.#memory.initialize !== undefined && inner === this.#inner && !this.#isLost;
    return canRenew && inner.sessionId !== undefined && isSessionUnknown(error);
  }

  /** The server no longer knows the session. */
  #lose(): void {
    if (this.#isLost || this.#isClosed) return;
    if (this.#memory.initialize === undefined) {
      void this.close();
      return;
    }
    this.#isLost = true;
    // Later messages of the old session are ignored.
    this.#session++;
    const lost = [...this.#awaited.keys()];
    this.#awaited.clear();
    void this.#inner.close();
    this.onerror?.(new Error('the backend does not know its session any more: a new one begins'));
    for (const id of lost)
      this.onmessage?.(
        errorAnswer(id, 'The backend has lost the session of this request. A new one begins: ask again'),
      );
    this.#takeBackQuestions();
    // If this fails, the next `send()` tries again and reports the failure to its caller.
    this.#renew().catch((error: unknown) => this.onerror?.(asError(error)));
  }

  #takeBackQuestions(): void {
    const open = [...this.#questions];
    this.#questions.clear();
    for (const requestId of open) {
      const params = { requestId, reason: 'The server has lost the session in which it asked' };
      this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    }
  }

  /** Whatever leads to it: the new session is no part of the trace of that message. */
  #renew(): Promise<void> {
    return (this.#renewal ??= addingHeaders({}, async () => this.#begin()).finally(() => (this.#renewal = undefined)));
  }

  async #begin(): Promise<void> {
    const { initialize } = this.#memory;
    if (this.#isClosed || initialize === undefined) throw new Error('the connection is closed');
    this.#session++;
    const inner = this.#connected();
    // From now on, requests of the server belong to this session.
    this.#inner = inner;
    try {
      await inner.start();
      const result = await this.#ask(initialize);
      const { protocolVersion } = Object(result) as { protocolVersion?: unknown };
      if (typeof protocolVersion === 'string') inner.setProtocolVersion(protocolVersion);
      await inner.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      for (const request of this.#memory.requests)
        await this.#ask(request).catch((error: unknown) => this.onerror?.(asError(error)));
    } catch (error) {
      this.#session++;
      this.#takeBackQuestions();
      inner.onclose = undefined;
      await inner.close();
      throw new Error(`the backend has begun no new session: ${textOf(error)}`, { cause: error });
    }
    this.#isLost = false;
    for (const news of this.#memory.news) this.onmessage?.(news);
  }

  /** Repeats a request of the client. @returns the result */
  async #ask(request: RequestMessage): Promise<unknown> {
    const id = `${this.#ownPrefix}${++this.#ownCount}`;
    let cancelTimer: (() => void) | undefined;
    try {
      const answered = new Promise<JsonRpcMessage>((resolve, reject) => {
        this.#own.set(id, resolve);
        const late = new Error(`it has not answered ${request.method} within ${RENEWAL_TIMEOUT_MS / 1_000} s`);
        cancelTimer = after(RENEWAL_TIMEOUT_MS, () => {
          reject(late);
        });
      });
      await this.#inner.send({ ...request, id });
      const { result, error } = await answered;
      if (error !== undefined) throw new Error(`it refuses ${request.method}: ${textOf(error)}`);
      return result;
    } finally {
      cancelTimer?.();
      this.#own.delete(id);
    }
  }
}
