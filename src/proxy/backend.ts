import { asUpstream } from '../backchannel.js';
import { BackendEnded, type BackendEnd } from '../backend-ended.js';
import { LostAnswer } from '../lost-answer.js';
import { isRequest, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import type { BackendSession } from '../cluster/adoptable.js';
import type { TransportLike } from '../transport-like.js';
import { reasonOf } from '../error-answers.js';
import {
  adoptableOf,
  attach,
  closeTransport,
  type ClientTransport,
  type PassedHeaders,
  type SendOptions,
} from './client-transport.js';
import type { AdoptedSession } from './options.js';
import { Probe, tellsOfLife } from './probe.js';
import type { Callbacks, StartKeeper } from './starts.js';
import { endsWithin } from '../ends-within.js';
import { isSessionUnknown } from '../session-unknown.js';

/** How long to wait for a transport that is still being made when the session ends. */
const CLOSE_TIMEOUT_MS = 2_000;

/** @param signal aborted when the session ends before the backend is connected */
export type MakeTransport = (signal: AbortSignal, adopted?: AdoptedSession) => TransportLike | Promise<TransportLike>;

interface BackendListener {
  /** @param pid of its process, if it is one of this machine */
  started(pid: number | undefined): void;
  received(message: JsonRpcMessage): void;
  /**
   * The backend is gone, and its session ends.
   *
   * @param isNews the transport has not reported the reason yet
   * @param how its process ended, if that ended by itself
   */
  lost(reason: string, isNews: boolean, how: BackendEnd | undefined): void;
  report(error: Error): void;
  /** The backend closed the stream of this request before it answered. */
  polled(id: RequestId): void;
  /** The backend sent an answer that may belong to any of several requests. */
  answerLost(lost: LostAnswer): void;
  /** Whether the client waits for an answer from the backend. */
  isAwaited(): boolean;
}

/** An `initialize` request that the backend has not answered. */
interface Starting {
  /** The request as it was sent to the backend. */
  readonly initialize: RequestMessage;
  /** The id that the client uses for it. */
  readonly id: RequestId;
  readonly sent: Promise<void>;
}

/** The backend of one session. The first message connects it; later messages wait in order until it is connected. */
export class Backend {
  readonly #aborter = new AbortController();
  #ready: Promise<ClientTransport> | undefined;
  #transport: ClientTransport | undefined;
  /** The callbacks that were set on the transport before ours. */
  #callbacks: Callbacks = {};
  #starting: Starting | undefined;
  /** Keeps starts that other sessions left behind. */
  readonly #starts: StartKeeper | undefined;
  readonly #probe = new Probe((reason, cause) => {
    // Such a transport answers lost requests itself. A failed probe must not end a call whose answer is on its way.
    const isDecided = this.#transport?.settlesRequests === true && this.listener.isAwaited();
    if (!isDecided) this.lost(reason, cause);
  });
  readonly #reported = new WeakSet();
  #isClosed = false;
  #ended: BackendEnded | undefined;

  constructor(
    private readonly makeTransport: MakeTransport,
    private readonly listener: BackendListener,
    starts?: StartKeeper,
  ) {
    this.#starts = starts;
  }

  /** Also rejects when the backend could not be started. */
  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    const initialize = isRequest(message) && message.method === 'initialize' ? message : undefined;
    const start = this.#ready === undefined && initialize !== undefined ? this.#starts?.take(initialize) : undefined;
    if (start !== undefined && initialize !== undefined) return this.#adopt(start, initialize.id);
    const ready = (this.#ready ??= this.#connect());
    const sent = ready.then((transport) => transport.send(message, options));
    if (initialize !== undefined) this.#starting = { initialize, id: initialize.id, sent };
    if (message.method === 'notifications/initialized') {
      // Requests must not overtake this notification. A client that is connected directly waits for it too.
      const taken = (): Promise<ClientTransport> => ready;
      this.#ready = sent.then(taken, taken);
      // The next send() rejects with this error. Without a next one, the error does not matter.
      this.#ready.catch(() => undefined);
    }
    return sent;
  }

  /** Goes on with a session that another node began. Rejects if that cannot be. */
  async restore(adopted: AdoptedSession): Promise<void> {
    await (this.#ready = this.#connect(adopted));
  }

  /** How another node can go on with the session. `undefined`: it cannot. */
  get adoptable(): BackendSession | undefined {
    return adoptableOf(this.#transport);
  }

  /**
   * Sends a ping with these headers of the client to find out whether the backend accepts them. Rejects if it does not.
   *
   * @returns whether the ping was sent: not every transport can send headers with a single message
   */
  async verify(headers: PassedHeaders): Promise<boolean> {
    const transport = await this.#ready;
    if (transport?.usePassed === undefined) return false;
    try {
      await this.#probe.verify(transport, headers);
    } catch (error) {
      if (isSessionUnknown(error)) this.lost(`the backend does not know its session any more: ${reasonOf(error)}`);
      throw error;
    }
    return true;
  }

  usePassed(headers: PassedHeaders): void {
    this.#transport?.usePassed?.(headers);
  }

  /** Sets the protocol version that client and backend agreed on. Over HTTP, each request names it. */
  agreedOn(protocolVersion: string): void {
    this.#transport?.setProtocolVersion?.(protocolVersion);
  }

  /** Whether the backend refused a message because it no longer knows the session. It must have had one before. */
  isSessionUnknown(refusal: unknown, isAnswer = false): boolean {
    const transport = Object(this.#transport) as ClientTransport;
    return (!('sessionId' in transport) || transport.sessionId !== undefined) && isSessionUnknown(refusal, isAnswer);
  }

  /** Ends the session, because the transport is closed or the backend cannot be reached. */
  lost(reason: string, cause?: unknown): void {
    if (this.#isClosed) return;
    this.listener.lost(reason, !this.#reported.has(Object(cause) as object), this.#ended?.end);
  }

  /** Keeps a backend that is not initialized yet for the client's next attempt. */
  leave(): void {
    const [transport, starting, callbacks] = [this.#transport, this.#starting, this.#callbacks];
    if (this.#isClosed || transport === undefined || starting === undefined) return;
    if (this.#starts?.keep({ transport, callbacks, ...starting }) !== true) return;
    this.#isClosed = true;
    this.#probe.stop();
  }

  /** @param isLost the backend is gone and cannot be told */
  async close(isLost: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#probe.stop();
    this.#aborter.abort();
    // A transport that is still being made is closed as soon as it is ready.
    if (this.#transport === undefined && this.#ready !== undefined) await endsWithin(CLOSE_TIMEOUT_MS, this.#ready);
    if (this.#transport !== undefined) await closeTransport(this.#transport, isLost);
  }

  /** Takes over a start that its client left. Resolves when its `initialize` request is sent. */
  #adopt(
    { transport, callbacks, initialize, sent, said }: NonNullable<ReturnType<StartKeeper['take']>>,
    id: RequestId,
  ): Promise<void> {
    this.#transport = transport;
    this.#ready = Promise.resolve(transport);
    this.#starting = { initialize, id, sent };
    this.#listenTo(transport, callbacks);
    this.listener.started(transport.pid ?? undefined);
    for (const message of said) this.#received(message);
    return sent;
  }

  async #connect(adopted?: AdoptedSession): Promise<ClientTransport> {
    const transport: ClientTransport = asUpstream(await this.makeTransport(this.#aborter.signal, adopted));
    this.#transport = transport;
    const { onmessage, onclose, onerror } = transport;
    this.#listenTo(transport, { onmessage, onclose, onerror });
    if (this.#aborter.signal.aborted) {
      await transport.close();
      throw new Error('the session ended before the backend was connected');
    }
    if (adopted === undefined) await transport.start();
    else await attach(transport, adopted, (error) => this.listener.report(error));
    this.listener.started(transport.pid ?? undefined);
    return transport;
  }

  /** Whether this error leaves it unknown if the awaited answers can still come. */
  #isDoubtful(error: unknown): boolean {
    return this.isSessionUnknown(error) || (this.listener.isAwaited() && !tellsOfLife(error));
  }

  #received(message: JsonRpcMessage): void {
    if (this.#isClosed || this.#probe.takes(message)) return;
    const { initialize, id } = this.#starting ?? {};
    if (initialize === undefined || message.id !== initialize.id || message.method !== undefined) {
      this.listener.received(message);
      return;
    }
    this.#starting = undefined;
    this.listener.received({ ...message, id });
  }

  /** Also calls the callbacks that were set on the transport before. */
  #listenTo(transport: ClientTransport, callbacks: Callbacks): void {
    const { onmessage, onclose, onerror } = callbacks;
    this.#callbacks = callbacks;
    transport.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
      onmessage?.(message, extra);
      this.#received(message);
    };
    transport.onpoll = (id) => {
      if (!this.#isClosed) this.listener.polled(id);
    };
    transport.onclose = () => {
      onclose?.();
      const how = this.#ended === undefined ? '' : ` (${this.#ended.how})`;
      this.lost(`the backend has closed the connection${how}`);
    };
    transport.onerror = (error) => {
      onerror?.(error);
      // Closing a transport aborts its reads. That error is expected.
      if (this.#isClosed) return;
      if (error instanceof BackendEnded) this.#ended = error;
      this.#reported.add(Object(error) as object);
      this.listener.report(error);
      if (error instanceof LostAnswer) this.listener.answerLost(error);
      if (isEndOfEventSource(error)) this.lost(`the connection to the backend broke: ${reasonOf(error)}`, error);
      else if (transport.renewsSessions !== true && this.#isDoubtful(error)) this.#probe.ask(transport);
    };
  }
}

/** The legacy SSE transport reopens its stream, but that is a new session. */
function isEndOfEventSource(error: unknown): boolean {
  // A transport may report any value, even an object without a class.
  const { constructor } = Object(error) as { readonly constructor?: { readonly name?: unknown } };
  return constructor?.name === 'SseError';
}
