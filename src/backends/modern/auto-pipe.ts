import { endsWithin } from '../../ends-within.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestMessage } from '../../routing/message.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { DISCOVERY_TIMEOUT_MS, mayBeModern, START_TIMEOUT_MS, type KnownEra } from './known-era.js';
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
    private readonly pipe: TransportLike & { readonly pid?: number | undefined },
    private readonly era: KnownEra,
  ) {
    this.#listen();
  }

  /** Whether every request gets an answer. */
  get settlesRequests(): boolean {
    return this.#modern !== undefined;
  }

  /** Of the server, if it is a process of this machine. */
  get pid(): number | undefined {
    return this.pipe.pid;
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
      // It was modern before. It may be another server now.
      if (this.era.isModern && (await this.#ask(message, START_TIMEOUT_MS))) return;
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
      if (mayBeModern(message)) void this.#askAfter(message, asked);
      else this.onmessage?.(message, extra);
    };
    this.pipe.onerror = (error) => this.onerror?.(error);
    this.pipe.onclose = () => this.onclose?.();
  }

  /** Asks a server that offers no session what it is. If it does not say, the client gets its first answer. */
  async #askAfter(answer: JsonRpcMessage, asked: RequestMessage): Promise<void> {
    if (!(await this.#ask(asked, DISCOVERY_TIMEOUT_MS))) this.onmessage?.(answer);
  }

  /** Asks the server what it is. @returns whether it is a server without sessions. Then the client has its answer */
  async #ask(message: RequestMessage, withinMs: number): Promise<boolean> {
    const modern = new (await load()).ModernPipeTransport(this.pipe);
    let answer: JsonRpcMessage | undefined;
    modern.onmessage = (told: JsonRpcMessage) => (answer = told);
    modern.onclose = () => this.onclose?.();
    modern.onerror = (error) => this.onerror?.(error);
    await endsWithin(withinMs, modern.send(message));
    const { result } = answer ?? {};
    this.era.isModern = result !== undefined;
    if (answer === undefined || result === undefined) {
      modern.onmessage = undefined;
      this.#listen();
      return false;
    }
    modern.onmessage = (told, extra) => this.onmessage?.(told, extra);
    this.#modern = modern;
    this.onmessage?.(answer);
    return true;
  }
}
