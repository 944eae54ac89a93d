import { endsWithin } from '../../ends-within.js';
import { errorAnswer } from '../../error-answers.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestMessage } from '../../routing/message.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { DISCOVERY_TIMEOUT_MS, mayBeModern, type KnownEra } from './known-era.js';
import type { ModernPipeTransport } from './modern-pipe-transport.js';

/** Loads what only a server without sessions needs. */
const load = () => import('./modern-pipe-transport.js');

/**
 * Reaches a server of any revision through a pipe. It is asked for a session first, so that a server with sessions
 * notices nothing. If it refuses as a server without sessions does, it is asked what it is.
 */
export class AutoPipe implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  #modern: ModernPipeTransport | undefined;
  /** The `initialize` request that the server has yet to answer. */
  #initialize: RequestMessage | undefined;

  constructor(
    private readonly pipe: TransportLike,
    private readonly era: KnownEra,
  ) {
    this.#listen();
  }

  /** Whether every request gets an answer. */
  get settlesRequests(): boolean {
    return this.#modern !== undefined;
  }

  start(): Promise<void> {
    return this.pipe.start();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    if (this.#modern !== undefined) {
      await this.#modern.send(message);
      return;
    }
    if (isRequest(message) && message.method === 'initialize') {
      if (this.era.isModern) {
        await this.#ask(message);
        return;
      }
      this.#initialize = message;
    }
    await this.pipe.send(message);
  }

  close(): Promise<void> {
    return this.#modern === undefined ? this.pipe.close() : this.#modern.close();
  }

  #listen(): void {
    this.pipe.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
      const asked = this.#initialize;
      if (asked === undefined || !isResponse(message) || message.id !== asked.id) {
        this.onmessage?.(message, extra);
        return;
      }
      this.#initialize = undefined;
      if (mayBeModern(message)) void this.#ask(asked, message);
      else this.onmessage?.(message, extra);
    };
    this.pipe.onerror = (error) => this.onerror?.(error);
    this.pipe.onclose = () => this.onclose?.();
  }

  /** Asks the server what it is. @param refusal what the client gets if it is not a server without sessions */
  async #ask(message: RequestMessage, refusal?: JsonRpcMessage): Promise<void> {
    const modern = new (await load()).ModernPipeTransport(this.pipe);
    let answer: JsonRpcMessage | undefined;
    modern.onmessage = (told: JsonRpcMessage) => (answer = told);
    modern.onclose = () => this.onclose?.();
    modern.onerror = (error) => this.onerror?.(error);
    await endsWithin(DISCOVERY_TIMEOUT_MS, modern.send(message));
    const { result } = answer ?? {};
    this.era.isModern = result !== undefined;
    if (answer === undefined || result === undefined) {
      this.#listen();
      this.onmessage?.(refusal ?? answer ?? errorAnswer(message.id, 'The backend does not say what it is'));
      return;
    }
    modern.onmessage = (told, extra) => this.onmessage?.(told, extra);
    this.#modern = modern;
    this.onmessage?.(answer);
  }
}
