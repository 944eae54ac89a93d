import { addingHeaders } from '../../added-headers.js';
import { BriefSet } from '../../routing/brief-set.js';
import { endsWithin } from '../../ends-within.js';
import { asError } from '../../errors.js';
import type { HttpRefusal } from '../../http-refusal.js';
import { asksForCredentials } from '../../http-status.js';
import { jsonOf } from '../../json-messages.js';
import {
  cancelledIdOf,
  isRequest,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../../routing/message.js';
import { TAKES_STAMPS } from '../../routing/stamp.js';
import { isSessionUnknown, saysSessionUnknown } from '../../session-unknown.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import type { Cancellation } from '../cancellation.js';
import { listenerOf } from '../messages.js';
import { SendLanes } from '../send-lanes.js';
import { AcceptedCalls } from './accepted-calls.js';
import { HttpCall, type CallListener } from './http-call.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import { HttpClient } from './http-client.js';
import { refusalIn, textOf, type BodyText } from './refusal.js';
import { ACCEPTED, discard, isEventStream, isJson, isTaken } from './response-head.js';
import type { HttpSendOptions, HttpTransportOptions } from './options.js';
import { StandaloneStream } from './standalone-stream.js';

const METHOD_NOT_ALLOWED = 405;

/** Some servers do not even send the headers of the standalone stream until they have a message for it. */
const OPENING_TIMEOUT_MS = 500;

/** How long a cancelled request may still be answered. Many servers never answer it, and leave its connection open. */
const CANCELLED_GRACE_MS = 5_000;

/**
 * Reaches a server over Streamable HTTP. The SDK's transport will not do. If an answer breaks off, the caller waits for
 * its own timeout. The standalone stream is given up, and the length of a message has no limit.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class HttpTransport implements TransportLike {
  /** Every request gets an answer, or an error if the connection is lost. No other code needs to see to that. */
  readonly settlesRequests = true;
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  /** The backend closed the stream of this request before it answered, and can resume it: the client should poll. */
  onpoll: ((id: RequestId) => void) | undefined;
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;
  #passed: RequestHeaders;
  #standalone: StandaloneStream | undefined;
  #opened: Promise<void> | undefined;
  #isClosed = false;
  readonly #client: HttpClient;
  readonly #calls = new BriefSet<HttpCall>();
  readonly #accepted = new AcceptedCalls();
  readonly #lanes = new SendLanes();
  readonly #listener: CallListener;

  constructor(
    url: URL,
    private readonly options: HttpTransportOptions = {},
  ) {
    this.#client = new HttpClient(url, options.connections, { ...options.headers, ...options.passed });
    this.#listener = { ...listenerOf(this, options.maxMessage), polled: (id) => this.onpoll?.(id) };
    this.#passed = options.passed ?? {};
    this.#sessionId = options.sessionId;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** How another connection can go on with the session. `undefined`: the server has assigned none. */
  get adoptable(): { readonly sessionId: string; readonly lastEventId: string | undefined } | undefined {
    if (this.#sessionId === undefined) return undefined;
    return { sessionId: this.#sessionId, lastEventId: this.#standalone?.lastEventId };
  }

  /** Opens the standalone stream of a session that has begun elsewhere. @param lastEventId empty: there is none */
  resumeStream(lastEventId: string): Promise<void> {
    return this.#openStandalone(lastEventId === '' ? undefined : lastEventId);
  }

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  /** Sets the client headers to send with each message that has none of its own. */
  usePassed(headers: RequestHeaders): void {
    this.#passed = headers;
    this.#standalone?.retry();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async send(message: JsonRpcMessage, options: HttpSendOptions = {}): Promise<void> {
    try {
      if (isRequest(message)) await this.#request(message, options);
      else await this.#tell(message, options);
    } catch (error) {
      this.onerror?.(asError(error));
      throw error;
    }
  }

  /** Tells the server that the session is over. */
  async terminateSession(): Promise<void> {
    if (this.#sessionId === undefined) return;
    const answer = await this.#client.delete(this.#headers());
    if (!isTaken(answer) && answer.statusCode !== METHOD_NOT_ALLOWED) throw await this.#refusal(answer);
    discard(answer);
    this.#sessionId = undefined;
  }

  /** Aborts everything that is under way. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    for (const call of [...this.#calls, ...this.#accepted]) call.cancel();
    this.#lanes.close();
    this.#standalone?.close();
    this.#client.close();
    this.onclose?.();
    return Promise.resolve();
  }

  /** The headers that identify the client and its session. */
  #headers(passed: RequestHeaders = this.#passed): RequestHeaders {
    return {
      ...(this.#sessionId !== undefined && { 'mcp-session-id': this.#sessionId }),
      ...(this.#protocolVersion !== undefined && { 'mcp-protocol-version': this.#protocolVersion }),
      ...this.options.headers,
      ...passed,
      ...(this.#sessionId === undefined && { [TAKES_STAMPS]: '1' }),
    };
  }

  /** Sends a request, and starts to read its answer. */
  async #request(message: RequestMessage, { headers }: HttpSendOptions): Promise<void> {
    const call = new HttpCall(message.id, this.#client, this.#listener, () => this.#headers());
    const body = jsonOf(message);
    const { clear } = this.#lanes;
    if (clear !== undefined) await clear;
    const leave = this.#calls.add(call);
    try {
      const answer = await call.post(body, this.#headers(headers));
      const session = answer.headers['mcp-session-id'];
      if (typeof session === 'string') this.#sessionId = session;
      await this.#read(call, answer, leave);
    } catch (error) {
      leave();
      if (!call.isOver) throw error;
    }
  }

  /** Resolves when the answer has come or is on its way. The body may hold an answer whatever the status is. */
  async #read(call: HttpCall, answer: HttpAnswer, leave: () => void): Promise<void> {
    const isAccepted = answer.statusCode === ACCEPTED;
    if (isTaken(answer) && (isEventStream(answer) || (isJson(answer) && !isAccepted))) {
      call
        .follow(answer, (reason) => (isAccepted ? this.#accept(call) : call.giveUp(reason)))
        .catch((error: unknown) => this.onerror?.(asError(error)))
        .finally(leave);
      return;
    }
    const refusal = await this.#lookInto(call, answer);
    if (isAccepted && !call.isAnswered) this.#accept(call);
    else if (!call.isAnswered) throw refusal;
    leave();
  }

  /** Passes on the answer to the call, whatever the status is. @returns the refusal, in case there was no answer */
  async #lookInto(call: HttpCall, answer: HttpAnswer): Promise<HttpRefusal> {
    const isForClient = asksForCredentials(answer.statusCode, answer.headers);
    if (!isForClient && isEventStream(answer)) {
      await call.lookInto(answer);
      return await this.#refusal(answer, { text: '', isWhole: false });
    }
    const body = await textOf(answer);
    const refusal = await this.#refusal(answer, body);
    // A lost session concerns more than this request, so it must not pass as the answer to it.
    const endsSession = this.#sessionId !== undefined && !isTaken(answer) && saysSessionUnknown(refusal.message);
    if (!isForClient && body.isWhole && !endsSession)
      call.answerWith(body.text, !isTaken(answer) && !isSessionUnknown(refusal));
    return refusal;
  }

  /** Some servers answer on the standalone stream. It may not be known yet whether this server offers one. */
  #accept(call: HttpCall): void {
    this.#accepted.add(call);
    void Promise.resolve(this.#opened).then(() => {
      if (this.#standalone?.isOffered !== true) this.#accepted.giveUp('has no stream to answer it on');
    });
  }

  /** Sends a notification or an answer. */
  async #tell(message: JsonRpcMessage, { headers }: HttpSendOptions): Promise<void> {
    const body = jsonOf(message);
    const taken = await this.#lanes.send(message, body.length, async (cancellation) =>
      this.#post(body, this.#headers(headers), cancellation),
    );
    discard(taken);
    if (message.method === 'notifications/cancelled') this.#takenBack(message);
    if (message.method === 'notifications/initialized') await this.#openStandalone();
  }

  async #post(body: string, headers: RequestHeaders, cancellation: Cancellation): Promise<HttpAnswer> {
    const answer = await this.#client.post(body, headers, cancellation);
    if (!isTaken(answer)) throw await this.#refusal(answer);
    return answer;
  }

  /** Until this stream is open, a server request on it reaches nobody. So no client request may be sent before. */
  async #openStandalone(lastEventId?: string): Promise<void> {
    if (this.#standalone !== undefined || this.#isClosed) return;
    const listener = {
      ...this.#listener,
      message: (message: JsonRpcMessage) => {
        if (message.method === undefined) this.#accepted.delete(message.id);
        this.#listener.message(message);
      },
      lost: () => void this.close(),
      silent: (why: string) => this.#accepted.giveUp(why),
    };
    // It outlives the message that opens it, whose trace is none of what comes on it.
    this.#opened = addingHeaders({}, () => {
      this.#standalone = new StandaloneStream(this.#client, listener, () => this.#headers(), lastEventId);
      return this.#standalone.open();
    });
    await endsWithin(OPENING_TIMEOUT_MS, this.#opened);
  }

  #takenBack(message: JsonRpcMessage): void {
    const id = cancelledIdOf(message);
    for (const call of this.#calls) if (call.id === id) call.takeBack(CANCELLED_GRACE_MS);
    this.#accepted.delete(id);
  }

  async #refusal(answer: HttpAnswer, body?: BodyText): Promise<HttpRefusal> {
    const { redactCut = (text: string) => text } = this.options;
    return refusalIn(answer, this.#client.url, body ?? (await textOf(answer)), redactCut);
  }
}
