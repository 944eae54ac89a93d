import { endsWithin } from '../../ends-within.js';
import { asError } from '../../errors.js';
import type { HttpRefusal } from '../../http-refusal.js';
import { asksForCredentials } from '../../http-status.js';
import {
  cancelledIdOf,
  isRequest,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../../routing/message.js';
import { isSessionUnknown, saysSessionUnknown } from '../../session-unknown.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { listenerOf } from '../messages.js';
import { HttpCall, type CallListener } from './http-call.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import { HttpClient } from './http-client.js';
import { refusalIn, textOf, type BodyText } from './refusal.js';
import { ACCEPTED, discard, isEventStream, isJson, isTaken } from './response-head.js';
import type { HttpSendOptions, HttpTransportOptions } from './options.js';
import { ANSWERS, NOTIFICATIONS, SendLane } from './send-lane.js';
import { StandaloneStream } from './standalone-stream.js';

/** Some servers let nobody in who does not say what asks. */
const USER_AGENT = { 'user-agent': 'node' };
const NO_TEXT: BodyText = { text: '', isWhole: false };
const METHOD_NOT_ALLOWED = 405;

/** Some servers say nothing on the standalone stream, not even that it is open, until there is something to say. */
const OPENING_TIMEOUT_MS = 500;
/** How long a server may take to accept what is no request. */
const ACCEPTING_TIMEOUT_MS = 300_000;
/** How long a request waits for the notifications before it to be accepted. */
const ORDER_TIMEOUT_MS = 500;
/** How long a cancelled request may still be answered: many servers never answer one, and leave its connection open. */
const CANCELLED_GRACE_MS = 5_000;

/**
 * Reaches a server over Streamable HTTP. It is not the SDK's transport, which leaves whoever waits for an answer that
 * broke off to their own timeout, gives up the standalone stream, and reads messages of any length.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class HttpTransport implements TransportLike {
  /** Whoever waits for an answer gets one, or an error, whatever becomes of the connection: nobody else need see to it. */
  readonly settlesRequests = true;
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  /** The backend has closed the stream of this request before its answer, and can be asked for it: the client is to poll. */
  onpoll: ((id: RequestId) => void) | undefined;
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;
  #passed: RequestHeaders;
  #standalone: StandaloneStream | undefined;
  #opened: Promise<void> | undefined;
  #isClosed = false;
  readonly #client: HttpClient;
  readonly #calls = new Set<HttpCall>();
  /** Those to be answered on the standalone stream. */
  readonly #accepted = new Map<unknown, HttpCall>();
  readonly #notifications = new SendLane(NOTIFICATIONS);
  readonly #answers = new SendLane(ANSWERS);
  readonly #listener: CallListener;

  constructor(
    url: URL,
    private readonly options: HttpTransportOptions = {},
  ) {
    this.#client = new HttpClient(url);
    this.#listener = { ...listenerOf(this, options.maxMessage), polled: (id) => this.onpoll?.(id) };
    this.#passed = options.passed ?? {};
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  /** From now on these headers of the client are sent, where a message has none of its own. */
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

  /** Breaks off what is under way. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    for (const call of [...this.#calls, ...this.#accepted.values()]) call.cancel();
    for (const lane of [this.#notifications, this.#answers]) lane.close(new Error('the connection is closed'));
    this.#standalone?.close();
    this.#client.close();
    this.onclose?.();
    return Promise.resolve();
  }

  /** Who asks, in which session. */
  #headers(passed: RequestHeaders = this.#passed): RequestHeaders {
    return {
      ...USER_AGENT,
      ...(this.#sessionId !== undefined && { 'mcp-session-id': this.#sessionId }),
      ...(this.#protocolVersion !== undefined && { 'mcp-protocol-version': this.#protocolVersion }),
      ...this.options.headers,
      ...passed,
    };
  }

  /** Sends what has an answer, which is read from then on. */
  async #request(message: RequestMessage, { headers }: HttpSendOptions): Promise<void> {
    const call = new HttpCall(message.id, this.#client, this.#listener, () => this.#headers());
    const body = JSON.stringify(message);
    if (this.#notifications.isBusy) await endsWithin(ORDER_TIMEOUT_MS, this.#notifications.taken);
    this.#calls.add(call);
    try {
      const answer = await call.post(body, this.#headers(headers));
      const session = answer.headers['mcp-session-id'];
      if (typeof session === 'string') this.#sessionId = session;
      await this.#read(call, answer);
    } catch (error) {
      this.#calls.delete(call);
      if (!call.isOver) throw error;
    }
  }

  /** Resolves when it is clear that the answer is there, or is to come. The body is read before the status is believed. */
  async #read(call: HttpCall, answer: HttpAnswer): Promise<void> {
    const isAccepted = answer.statusCode === ACCEPTED;
    if (isTaken(answer) && (isEventStream(answer) || (isJson(answer) && !isAccepted))) {
      call
        .follow(answer, (reason) => (isAccepted ? this.#accept(call) : call.giveUp(reason)))
        .catch((error: unknown) => this.onerror?.(asError(error)))
        .finally(() => this.#calls.delete(call));
      return;
    }
    const refusal = await this.#lookInto(call, answer);
    if (isAccepted && !call.isAnswered) this.#accept(call);
    else if (!call.isAnswered) throw refusal;
    this.#calls.delete(call);
  }

  /** Tells what answers the call, under whatever status. @returns what it is, if it is no answer */
  async #lookInto(call: HttpCall, answer: HttpAnswer): Promise<HttpRefusal> {
    const isForClient = asksForCredentials(answer.statusCode, answer.headers);
    if (!isForClient && isEventStream(answer)) {
      await call.lookInto(answer);
      return await this.#refusal(answer, NO_TEXT);
    }
    const body = await textOf(answer);
    const refusal = await this.#refusal(answer, body);
    // That the session is gone is more than the answer to one request.
    const endsSession = this.#sessionId !== undefined && !isTaken(answer) && saysSessionUnknown(refusal.message);
    if (!isForClient && body.isWhole && !endsSession)
      call.answerWith(body.text, !isTaken(answer) && !isSessionUnknown(refusal));
    return refusal;
  }

  /** Some servers answer on the standalone stream; whether this one has it may not be known yet. */
  #accept(call: HttpCall): void {
    this.#accepted.set(call.id, call);
    const late = (): void => this.#giveUpAccepted('has no stream to answer it on');
    void Promise.resolve(this.#opened).then(() => this.#standalone?.isOffered === true || late());
  }

  #giveUpAccepted(why: string): void {
    const calls = [...this.#accepted.values()];
    this.#accepted.clear();
    for (const call of calls) {
      call.giveUp(`The backend accepted this request (202), and ${why}`);
      call.cancel();
    }
  }

  /** Sends what has none. */
  async #tell(message: JsonRpcMessage, { headers }: HttpSendOptions): Promise<void> {
    const body = JSON.stringify(message);
    const lane = message.method === undefined ? this.#answers : this.#notifications;
    lane.mustHavePlaceFor(body.length, String(message.method));
    const taken = await lane.send(body.length, async () => this.#post(body, this.#headers(headers)));
    discard(taken);
    if (message.method === 'notifications/cancelled') this.#takenBack(message);
    if (message.method === 'notifications/initialized') await this.#openStandalone();
  }

  async #post(body: string, headers: RequestHeaders): Promise<HttpAnswer> {
    const aborter = new AbortController();
    const accepting = this.#client.post(body, headers, aborter.signal);
    if (!(await endsWithin(ACCEPTING_TIMEOUT_MS, accepting))) {
      aborter.abort();
      throw new Error(`the backend did not accept it within ${ACCEPTING_TIMEOUT_MS / 1000} s`);
    }
    const answer = await accepting;
    if (!isTaken(answer)) throw await this.#refusal(answer);
    return answer;
  }

  /** What a server asks before this is open, it asks nobody: no request may overtake that. */
  async #openStandalone(): Promise<void> {
    if (this.#standalone !== undefined || this.#isClosed) return;
    const listener = {
      ...this.#listener,
      message: (message: JsonRpcMessage) => {
        if (message.method === undefined) this.#accepted.delete(message.id);
        this.#listener.message(message);
      },
      lost: () => void this.close(),
      silent: (why: string) => this.#giveUpAccepted(why),
    };
    this.#standalone = new StandaloneStream(this.#client, listener, () => this.#headers());
    this.#opened = this.#standalone.open();
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
