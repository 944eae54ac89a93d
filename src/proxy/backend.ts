import { asUpstream } from '../backchannel.js';
import { BackendEnded } from '../backend-ended.js';
import { isRequest, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import { LostAnswer } from '../lost-answer.js';
import type { TransportLike } from '../transport-like.js';
import { reasonOf } from '../error-answers.js';
import { closeTransport, type ClientTransport } from './client-transport.js';
import { Probe, tellsOfLife } from './probe.js';
import type { Callbacks, StartKeeper } from './starts.js';
import { endsWithin } from '../ends-within.js';
import { isSessionUnknown } from '../session-unknown.js';

/** How long a transport may take to be made in vain. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Aborted when the session ends before the backend is connected. */
export type MakeTransport = (signal: AbortSignal) => TransportLike | Promise<TransportLike>;

interface BackendListener {
  started(): void;
  received(message: JsonRpcMessage): void;
  /** The backend is gone, and its session with it. @param isNews its transport has not reported why */
  lost(reason: string, isNews: boolean): void;
  report(error: Error): void;
  /** The backend has closed the stream of this request before its answer. */
  polled(id: RequestId): void;
  /** An answer came, and it is not certain to which request. */
  answerLost(lost: LostAnswer): void;
  /** Whether somebody waits for an answer of it. */
  isAwaited(): boolean;
}

/** An `initialize` that the backend has not answered. */
interface Starting {
  /** As the backend knows it. */
  readonly initialize: RequestMessage;
  /** As the client knows it. */
  readonly id: RequestId;
  readonly sent: Promise<void>;
}

/** The backend of one session. It is connected by the first message to it; what comes meanwhile waits in order. */
export class Backend {
  readonly #aborter = new AbortController();
  #ready: Promise<ClientTransport> | undefined;
  #transport: ClientTransport | undefined;
  /** Those that it came with. */
  #callbacks: Callbacks = {};
  #starting: Starting | undefined;
  /** Where it finds a start that was left. */
  readonly #starts: StartKeeper | undefined;
  readonly #probe = new Probe((reason, cause) => {
    // It was asked whether the lost answers can still come, and can end nothing else: a call whose answer is under way.
    const isDecided = this.#transport?.settlesRequests === true && this.listener.isAwaited();
    if (!isDecided) this.lost(reason, cause);
  });
  readonly #reported = new WeakSet();
  #isClosed = false;
  #howItEnded = '';

  constructor(
    private readonly makeTransport: MakeTransport,
    private readonly listener: BackendListener,
    starts?: StartKeeper,
  ) {
    this.#starts = starts;
  }

  /** Rejects when the backend could not be started, too. */
  send(message: JsonRpcMessage): Promise<void> {
    const initialize = isRequest(message) && message.method === 'initialize' ? message : undefined;
    const start = this.#ready === undefined && initialize !== undefined ? this.#starts?.take(initialize) : undefined;
    if (start !== undefined && initialize !== undefined) return this.#adopt(start, initialize.id);
    const ready = (this.#ready ??= this.#connect());
    const sent = ready.then((transport) => transport.send(message));
    if (initialize !== undefined) this.#starting = { initialize, id: initialize.id, sent };
    if (message.method === 'notifications/initialized') {
      // A client that speaks to it directly waits likewise: requests must not overtake this.
      const taken = (): Promise<ClientTransport> => ready;
      this.#ready = sent.then(taken, taken);
      // Whoever sends next is told; if nobody does, nobody has to know.
      this.#ready.catch(() => undefined);
    }
    return sent;
  }

  /** The version that client and backend agreed on: over HTTP each request names it. */
  agreedOn(protocolVersion: string): void {
    this.#transport?.setProtocolVersion?.(protocolVersion);
  }

  /** Whether a message was refused because the backend knows no such session (any more): it must have had one. */
  isSessionUnknown(refusal: unknown, isAnswer = false): boolean {
    const transport = Object(this.#transport) as ClientTransport;
    return (!('sessionId' in transport) || transport.sessionId !== undefined) && isSessionUnknown(refusal, isAnswer);
  }

  /** It is gone: so says its transport, or whoever could not reach it. */
  lost(reason: string, cause?: unknown): void {
    if (!this.#isClosed) this.listener.lost(reason, !this.#reported.has(Object(cause) as object));
  }

  /** Leaves a backend that is still to be initialized to whoever comes back for it. */
  leave(): void {
    const [transport, starting, callbacks] = [this.#transport, this.#starting, this.#callbacks];
    if (this.#isClosed || transport === undefined || starting === undefined) return;
    if (this.#starts?.keep({ transport, callbacks, ...starting }) !== true) return;
    this.#isClosed = true;
    this.#probe.stop();
  }

  /** @param isLost nobody is there who could be told */
  async close(isLost: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#probe.stop();
    this.#aborter.abort();
    // A transport that is still being made is closed as soon as it is.
    if (this.#transport === undefined && this.#ready !== undefined) await endsWithin(CLOSE_TIMEOUT_MS, this.#ready);
    if (this.#transport !== undefined) await closeTransport(this.#transport, isLost);
  }

  /** Takes over a start that its client has left. Resolves when its `initialize` is sent. */
  #adopt(
    { transport, callbacks, initialize, sent, said }: NonNullable<ReturnType<StartKeeper['take']>>,
    id: RequestId,
  ): Promise<void> {
    this.#transport = transport;
    this.#ready = Promise.resolve(transport);
    this.#starting = { initialize, id, sent };
    this.#listenTo(transport, callbacks);
    this.listener.started();
    for (const message of said) this.#received(message);
    return sent;
  }

  async #connect(): Promise<ClientTransport> {
    const transport: ClientTransport = asUpstream(await this.makeTransport(this.#aborter.signal));
    this.#transport = transport;
    const { onmessage, onclose, onerror } = transport;
    this.#listenTo(transport, { onmessage, onclose, onerror });
    if (this.#aborter.signal.aborted) {
      await transport.close();
      throw new Error('the session ended before the backend was connected');
    }
    await transport.start();
    this.listener.started();
    return transport;
  }

  /** Whether after this error nobody knows whether the answers that are awaited can still come. */
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

  /** What was set on the transport before is called as well. */
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
      this.lost(`the backend has closed the connection${this.#howItEnded}`);
    };
    transport.onerror = (error) => {
      onerror?.(error);
      // To close a transport breaks off what it reads, which is no news.
      if (this.#isClosed) return;
      if (error instanceof BackendEnded) this.#howItEnded = ` (${error.how})`;
      this.#reported.add(Object(error) as object);
      this.listener.report(error);
      if (error instanceof LostAnswer) this.listener.answerLost(error);
      if (isEndOfEventSource(error)) this.lost(`the connection to the backend broke: ${reasonOf(error)}`, error);
      else if (transport.renewsSessions !== true && this.#isDoubtful(error)) this.#probe.ask(transport);
    };
  }
}

/** The legacy SSE transport opens its stream anew, which is another session. */
function isEndOfEventSource(error: unknown): boolean {
  // A transport may tell of anything, also of an object without a class.
  const { constructor } = Object(error) as { readonly constructor?: { readonly name?: unknown } };
  return constructor?.name === 'SseError';
}
