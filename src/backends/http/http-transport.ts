import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { asError } from '../../errors.js';
import { errorAnswer } from '../../error-answers.js';
import { endsWithin } from '../../ends-within.js';
import {
  cancelledIdOf,
  isRequest,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../../routing/message.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { HttpCall, type CallListener } from './http-call.js';
import { ACCEPTED, discard, isReadable, isTaken, refusalIn } from './response-head.js';
import { listenerOf } from '../messages.js';
import { StandaloneStream } from './standalone-stream.js';
import { HttpClient } from './http-client.js';

/** Some servers let nobody in who does not say what asks. */
const USER_AGENT = { 'user-agent': 'node' };

const METHOD_NOT_ALLOWED = 405;

/** Some servers say nothing on the standalone stream, not even that it is open, until there is something to say. */
const OPENING_TIMEOUT_MS = 500;

/** How long a server may take to accept what is no request. */
const ACCEPTING_TIMEOUT_MS = 300_000;

/** How long a cancelled request may still be answered: many servers never answer one, and leave its connection open. */
const CANCELLED_GRACE_MS = 5_000;

export interface HttpTransportOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Hides what must not be shown in a text that may have been cut off. */
  readonly redactCut?: (text: string) => string;
}

/**
 * Reaches a server over Streamable HTTP. It is not the SDK's transport, which leaves whoever waits for an answer that
 * broke off to their own timeout, gives up the standalone stream, and reads messages of any length.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class HttpTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  /** The backend has closed the stream of this request before its answer, and can be asked for it: the client is to poll. */
  onpoll: ((id: RequestId) => void) | undefined;
  #sessionId: string | undefined;
  #protocolVersion: string | undefined;
  #standalone: StandaloneStream | undefined;
  #opened: Promise<void> | undefined;
  #isClosed = false;
  readonly #wire: HttpClient;
  readonly #calls = new Set<HttpCall>();
  readonly #listener: CallListener = { ...listenerOf(this), polled: (id) => this.onpoll?.(id) };

  constructor(
    url: URL,
    private readonly options: HttpTransportOptions = {},
  ) {
    this.#wire = new HttpClient(url, () => this.#headers());
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    try {
      if (isRequest(message)) await this.#request(message);
      else await this.#tell(message);
    } catch (error) {
      this.onerror?.(asError(error));
      throw error;
    }
  }

  /** Tells the server that the session is over. */
  async terminateSession(): Promise<void> {
    if (this.#sessionId === undefined) return;
    const answer = await this.#wire.delete();
    if (!isTaken(answer) && answer.statusCode !== METHOD_NOT_ALLOWED) throw await this.#refusal(answer);
    discard(answer);
    this.#sessionId = undefined;
  }

  /** Breaks off what is under way. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    for (const call of this.#calls) call.cancel();
    this.#standalone?.close();
    this.#wire.close();
    this.onclose?.();
    return Promise.resolve();
  }

  /** Who asks, in which session. */
  #headers(): OutgoingHttpHeaders {
    return {
      ...USER_AGENT,
      ...(this.#sessionId !== undefined && { 'mcp-session-id': this.#sessionId }),
      ...(this.#protocolVersion !== undefined && { 'mcp-protocol-version': this.#protocolVersion }),
      ...this.options.headers,
    };
  }

  /** Sends what has an answer, which is read from then on. */
  async #request(message: RequestMessage): Promise<void> {
    const { id } = message;
    const call = new HttpCall(id, this.#wire, this.#listener);
    this.#calls.add(call);
    const over = (): boolean => this.#calls.delete(call);
    let answer: IncomingMessage;
    try {
      answer = await call.post(JSON.stringify(message));
    } catch (error) {
      over();
      if (!call.isOver) throw error;
      return;
    }
    const session = answer.headers['mcp-session-id'];
    if (typeof session === 'string') this.#sessionId = session;
    if (isReadable(answer)) {
      call
        .follow(answer)
        .catch((error: unknown) => this.onerror?.(asError(error)))
        .finally(over);
      return;
    }
    over();
    if (answer.statusCode !== ACCEPTED) throw await this.#refusal(answer);
    discard(answer);
    void this.#accepted(call);
  }

  /** Some servers answer on the standalone stream; whether this one has it may not be known yet. */
  async #accepted(call: HttpCall): Promise<void> {
    await this.#opened;
    if (this.#standalone?.isOffered === true) return;
    call.message(errorAnswer(call.id, 'The backend accepted this request (202), and has no stream to answer it on'));
  }

  /** Sends what has none. */
  async #tell(message: JsonRpcMessage): Promise<void> {
    const aborter = new AbortController();
    const accepting = this.#wire.post(JSON.stringify(message), aborter.signal);
    if (!(await endsWithin(ACCEPTING_TIMEOUT_MS, accepting))) {
      aborter.abort();
      throw new Error(`the backend did not accept it within ${ACCEPTING_TIMEOUT_MS / 1000} s`);
    }
    const answer = await accepting;
    if (!isTaken(answer)) throw await this.#refusal(answer);
    discard(answer);
    if (message.method === 'notifications/cancelled') this.#takenBack(message);
    if (message.method === 'notifications/initialized') await this.#openStandalone();
  }

  /** What a server asks before this is open, it asks nobody: no request may overtake that. */
  async #openStandalone(): Promise<void> {
    if (this.#standalone !== undefined || this.#isClosed) return;
    const lost = (): void => void this.close();
    this.#standalone = new StandaloneStream(this.#wire, { ...this.#listener, lost });
    this.#opened = this.#standalone.open();
    await endsWithin(OPENING_TIMEOUT_MS, this.#opened);
  }

  #takenBack(message: JsonRpcMessage): void {
    const id = cancelledIdOf(message);
    for (const call of this.#calls) if (call.id === id) call.takeBack(CANCELLED_GRACE_MS);
  }

  #refusal(answer: IncomingMessage): Promise<Error> {
    return refusalIn(answer, this.#wire.url, this.options.redactCut ?? ((text) => text));
  }
}
