import { errorAnswer } from '../error-answers.js';
import { BackchannelError } from '../errors.js';
import { currentOrigin } from '../interceptor/origin.js';
import { nameOf, reportTo, type Report } from '../interceptor/report.js';
import { TransportWithBackchannel } from '../interceptor/transport-with-backchannel.js';
import { leavingAs } from '../leaving.js';
import { settingsFrom, type BackchannelOptions } from '../options.js';
import {
  isNotification,
  isRequest,
  isResponse,
  reportedTokenOf,
  scopeOf,
  type JsonRpcMessage,
  type MethodMessage,
  type RequestId,
  type RequestMessage,
} from '../routing/message.js';
import { SETTLED } from '../settled.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { CallStreams, type LegacyCall } from './call-streams.js';

const ENDED = 'The session with the backend has ended';

/** What comes with the messages of a POST. */
export interface FedExtra {
  readonly requestInfo?: object;
}

/**
 * The transport that a legacy session takes for that of its client. Each modern call is a request with its own stream.
 * There is no standalone stream: what belongs to the whole session goes to `onChange`.
 */
export class InnerTransport extends TransportWithBackchannel {
  /** Changes of lists and resources. */
  onChange: ((message: JsonRpcMessage) => void) | undefined;
  onSessionClosed: (() => void) | undefined;
  /**
   * The next call may be another client's, so that neither a server request nor a log message waits for it. What a
   * backend asks before any call, for the roots, tells nothing of anybody.
   */
  hasSeveralClients = false;
  /** The backend has asked something that is not put to any client. */
  onUnowned: (() => void) | undefined;
  readonly #bare: BareTransport;
  readonly #report: Report;
  #ids = 0;

  constructor(options: BackchannelOptions) {
    const bare = new BareTransport();
    super(bare, settingsFrom(options));
    this.#bare = bare;
    this.#report = reportTo(bare);
  }

  // ---- for the session ----

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in `TransportLike`
  override send(given: any, options?: SendOptions): Promise<void> {
    const message = given as JsonRpcMessage;
    if (isRequest(message) && message.method === 'ping') {
      // There is no ping in the modern era. The session is there.
      queueMicrotask(() => {
        this.feed({ jsonrpc: '2.0', id: message.id, result: {} });
      });
      return SETTLED;
    }
    if (isRequest(message) && this.#belongsToNobody(message)) {
      this.onUnowned?.();
      return Promise.reject(new BackchannelError('NOT_IN_FLIGHT', 'no call is in flight that could have caused this'));
    }
    if (isNotification(message)) {
      if (scopeOf(message.method) === 'session') {
        this.onChange?.(message);
        return SETTLED;
      }
      // The token is ours and names one call for certain.
      if (message.method === 'notifications/progress') return this.#bare.sendProgress(message);
      // A cancellation goes where its server request went, though the call be over.
      if (message.method !== 'notifications/cancelled' && this.#belongsToNobody(message)) {
        const text = `${nameOf(message)} was not sent: no call is in flight that could have caused it.`;
        this.#report(new BackchannelError('NOT_IN_FLIGHT', text));
        return SETTLED;
      }
    }
    return super.send(message, options);
  }

  #belongsToNobody({ method }: MethodMessage): boolean {
    if (!this.hasSeveralClients || method === 'roots/list') return false;
    const origin = currentOrigin();
    return !this.#bare.streams.mayAsk || (origin !== undefined && origin.state !== 'in-flight');
  }

  override async close(): Promise<void> {
    await super.close();
    this.onSessionClosed?.();
  }

  // ---- for the calls ----

  /** The name of the session in logs. */
  get sessionName(): string | undefined {
    return this.#bare.sessionId;
  }

  nameSession(id: string): void {
    this.#bare.sessionId = id;
  }

  /** The next id for a request. It is its progress token, too. */
  nextId(): number {
    return ++this.#ids;
  }

  /** Begins a request. What the backend sends for it goes to `call`. */
  begin(message: RequestMessage, call: LegacyCall, extra?: FedExtra): void {
    if (this.#bare.isClosed) {
      call.received(errorAnswer(message.id, ENDED), undefined);
      return;
    }
    this.#bare.streams.begin(message.id, call, () => {
      this.feed(message, extra);
    });
  }

  /** Nothing more is passed on to the call with this id. */
  forget(id: RequestId): void {
    this.#bare.streams.end(id);
  }

  /** A message comes in from the client. */
  feed(message: JsonRpcMessage, extra?: FedExtra): void {
    if (!this.#bare.isClosed) this.#bare.onmessage?.(message, extra);
  }
}

/** The same, without the back-channel: a message goes to the call that its `relatedRequestId` names. */
class BareTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  isClosed = false;
  sessionId: string | undefined;
  readonly streams: CallStreams = new CallStreams();

  start(): Promise<void> {
    return SETTLED;
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    const id = isResponse(message) ? message.id : options?.relatedRequestId;
    const call = id === undefined ? undefined : this.streams.of(id);
    // Nobody waits for the response to a call that is over.
    if (call === undefined && isResponse(message)) return SETTLED;
    if (call === undefined) return Promise.reject(new Error('no call of a client is in flight that could carry this'));
    const leaving = leavingAs(message, options);
    const text = (leaving?.options ?? options)?.['text'];
    call.received(leaving?.message ?? message, typeof text === 'string' ? text : undefined);
    return SETTLED;
  }

  sendProgress(message: JsonRpcMessage): Promise<void> {
    const token = reportedTokenOf(message);
    if (token !== undefined) (this.streams.of(token) ?? this.streams.of(Number(token)))?.received(message, undefined);
    return SETTLED;
  }

  close(): Promise<void> {
    this.isClosed = true;
    // The session has answered all that it knew of. A call may have come in since.
    for (const [id, call] of this.streams.endAll()) call.received(errorAnswer(id, ENDED), undefined);
    this.onclose?.();
    return SETTLED;
  }
}
