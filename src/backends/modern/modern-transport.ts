import { BriefMap } from '../../routing/brief-map.js';
import { asError } from '../../errors.js';
import { isRpcError } from '../../lost-answer.js';
import { MODERN_VERSION, UNSUPPORTED_VERSION } from '../../modern-era.js';
import {
  cancelledIdOf,
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
} from '../../routing/message.js';
import { METHOD_NOT_FOUND, SERVER_ERROR } from '../../rpc-codes.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { visible } from '../../visible.js';
import type { RequestHeaders } from '../http/http-answer.js';
import type { HttpSendOptions } from '../http/options.js';
import { listenerOf, type MessageListener } from '../messages.js';
import { clientIn, type Fields } from './envelope.js';
import type { Exchange, ExchangeListener } from './exchange.js';
import { ListenStream } from './listen-stream.js';
import { ModernCall, type CallHost } from './modern-call.js';
import { Questions } from './questions.js';
import { initializeResult } from './results.js';
import type { Wire } from './wire.js';

/**
 * Reaches a server of revision 2026-07-28 for a client of an earlier one. Such a server keeps no
 * session and sends no requests. What it needs from the client is the result of a call, which becomes real requests to
 * the client.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export class ModernTransport implements TransportLike {
  /** Every request gets an answer, or an error if the connection is lost. No other code needs to see to that. */
  readonly settlesRequests = true;
  /** There is none, so that none can be lost. */
  readonly sessionId = undefined;
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  #isClosed = false;
  /** What the server can do, once it has said so. */
  #capabilities: Fields = {};
  #listen: ListenStream | undefined;
  readonly #wire: Wire;
  readonly #calls = new BriefMap<RequestId, ModernCall>();
  readonly #questions = new Questions();
  readonly #host: CallHost;

  /** @param connect makes the way to the server, which tells us what comes from there */
  constructor(connect: (listener: MessageListener, closed: () => void) => Wire, maxMessage?: number) {
    const wire = connect(listenerOf(this, maxMessage), () => void this.close());
    this.#wire = wire;
    this.#host = {
      get client() {
        return wire.facts;
      },
      questions: this.#questions,
      open: () => wire.open(),
      learnTools: (headers) => wire.learnTools(headers),
      hasHeaders: wire.hasHeaders,
      seen: (method, params, result) => {
        if (method === 'tools/list') this.#learn(params, result);
      },
      tell: (message) => {
        this.#tell(message);
      },
    };
  }

  /** Sets the client headers to send with each message that has none of its own. */
  usePassed(headers: RequestHeaders): void {
    this.#wire.usePassed(headers);
    this.#listen?.retry();
  }

  start(): Promise<void> {
    return this.#wire.start();
  }

  async send(message: JsonRpcMessage, { headers }: HttpSendOptions = {}): Promise<void> {
    try {
      if (isRequest(message)) await this.#request(message, headers);
      else if (isResponse(message)) this.#questions.answer(message, headers);
      else if (message.method === 'notifications/initialized') await this.#startListening();
      else if (message.method === 'notifications/cancelled') this.#cancel(cancelledIdOf(message));
      // A server without sessions takes no other notifications.
    } catch (error) {
      this.onerror?.(asError(error));
      throw error;
    }
  }

  /** Aborts everything that is under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of this.#calls.values()) call.cancel();
    this.#listen?.close();
    await this.#wire.close();
    this.onclose?.();
  }

  async #request(message: RequestMessage, headers: RequestHeaders | undefined): Promise<void> {
    const own = OWN_ANSWERS.get(message.method);
    if (own === undefined) {
      await this.#call(message, headers);
      return;
    }
    const params = isRecord(message.params) ? message.params : {};
    this.#tell({ jsonrpc: '2.0', id: message.id, ...(await this.#answerTo(own, params, headers)) });
  }

  /** Answers what a server without sessions is not asked. */
  async #answerTo(own: OwnAnswer, params: Fields, headers: RequestHeaders | undefined): Promise<Fields> {
    const { uri } = params;
    switch (own) {
      case 'initialize':
        this.#wire.facts = clientIn(params);
        return await this.#discover(params['protocolVersion'], headers);
      case 'ping':
        // With headers of the client, it asks whether the server accepts them.
        if (headers !== undefined) await this.#mustAccept(headers);
        return { result: {} };
      case 'setLevel':
        this.#wire.facts = { ...this.#wire.facts, logLevel: params['level'] };
        return { result: {} };
      case 'subscribe':
        if (typeof uri !== 'string' || !this.#offersSubscriptions)
          return { error: { code: METHOD_NOT_FOUND, message: 'The backend offers no subscriptions' } };
        await this.#listening.subscribe(uri);
        return { result: {} };
      case 'unsubscribe':
        if (typeof uri === 'string') await this.#listening.unsubscribe(uri);
        return { result: {} };
    }
  }

  /** What the server says of itself, as the answer to `initialize`. */
  async #discover(asked: unknown, headers: RequestHeaders | undefined): Promise<Fields> {
    const first = await this.#wire.ask('server/discover', {}, headers);
    // A server that refuses our revision and says that it supports it is asked once more.
    const answer = isSupported(first.error) ? await this.#wire.ask('server/discover', {}, headers) : first;
    const { result, error } = answer;
    if (!isRecord(result)) return { error };
    const { supportedVersions: supported, capabilities } = result;
    if (!isNamedIn(supported)) {
      const message = `The backend does not support revision ${MODERN_VERSION}`;
      return { error: { code: SERVER_ERROR, message } };
    }
    this.#capabilities = isRecord(capabilities) ? capabilities : {};
    return { result: initializeResult(result, asked) };
  }

  /** A server that answers with an error may have looked at the headers or not. */
  async #mustAccept(headers: RequestHeaders): Promise<void> {
    const { error } = await this.#wire.ask('server/discover', {}, headers);
    if (error === undefined) return;
    const why = isRpcError(error) ? error.message : 'it does not say why';
    throw new Error(`the backend refuses server/discover: ${why}`);
  }

  /** Resolves when the server has taken the request. The rest of the call follows. */
  async #call(message: RequestMessage, headers: RequestHeaders | undefined): Promise<void> {
    const call = new ModernCall(message, this.#host, headers);
    this.#calls.set(message.id, call);
    const over = (): void => {
      if (this.#calls.get(message.id) === call) this.#calls.delete(message.id);
    };
    try {
      await call.begin();
      void call.follow().finally(over);
    } catch (error) {
      over();
      if (!call.isOver) throw error;
    }
  }

  #learn(params: unknown, result: Fields): void {
    const refused = this.#wire.tools.learn(params, result);
    if (!this.#wire.hasHeaders) return;
    for (const name of refused) {
      const text = `the tool ${visible(String(name))} is not listed: its x-mcp-header is not valid`;
      this.onerror?.(new SyntaxError(text));
    }
  }

  #cancel(id: RequestId | undefined): void {
    if (id === undefined) return;
    this.#calls.get(id)?.cancel();
    this.#calls.delete(id);
  }

  get #offersSubscriptions(): boolean {
    const { resources } = this.#capabilities;
    return isRecord(resources) && resources['subscribe'] === true;
  }

  get #listening(): ListenStream {
    const open = (listener: ExchangeListener): Exchange => this.#wire.open(listener);
    return (this.#listen ??= new ListenStream(open, {
      message: (message) => {
        this.#tell(message);
      },
      error: (error) => this.onerror?.(error),
    }));
  }

  async #startListening(): Promise<void> {
    if (!this.#isClosed) await this.#listening.open(this.#capabilities);
  }

  #tell(message: JsonRpcMessage): void {
    if (!this.#isClosed) this.onmessage?.(message);
  }
}

function isNamedIn(versions: unknown): boolean {
  return Array.isArray(versions) && versions.includes(MODERN_VERSION);
}

/** Whether a server that refuses our revision says at the same time that it supports it. */
function isSupported(error: unknown): boolean {
  const { data } = Object(error) as { data?: { supported?: unknown } };
  return isRpcError(error) && error.code === UNSUPPORTED_VERSION && isNamedIn(data?.supported);
}

/** The requests that a session needs, and a server without sessions does not know. */
const OWN_ANSWERS: ReadonlyMap<string, OwnAnswer> = new Map([
  ['initialize', 'initialize'],
  ['ping', 'ping'],
  ['logging/setLevel', 'setLevel'],
  ['resources/subscribe', 'subscribe'],
  ['resources/unsubscribe', 'unsubscribe'],
] as const);

type OwnAnswer = 'initialize' | 'ping' | 'setLevel' | 'subscribe' | 'unsubscribe';
