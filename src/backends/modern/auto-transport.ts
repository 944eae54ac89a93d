import { endsWithin } from '../../ends-within.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestMessage } from '../../routing/message.js';
import { HttpTransport } from '../http/http-transport.js';
import type { HttpSendOptions, HttpTransportOptions } from '../http/options.js';
import type { RequestHeaders } from '../http/http-answer.js';
import type { MessageHandler } from '../../transport-like.js';
import { DISCOVERY_TIMEOUT_MS, mayBeModern, type KnownEra } from './known-era.js';
import type { ModernHttpTransport } from './modern-http-transport.js';

/** Loads what only a server without sessions needs. */
const load = () => import('./modern-http-transport.js');

/**
 * Reaches a server of any revision over Streamable HTTP. It is asked for a session first, so that a server with sessions
 * notices nothing. If it refuses as a server without sessions does, it is asked what it is.
 */
export class AutoTransport extends HttpTransport {
  #modern: ModernHttpTransport | undefined;
  /** The one that asks the server what it is. */
  #asking: ModernHttpTransport | undefined;
  #isOver = false;

  constructor(
    private readonly target: URL,
    private readonly era: KnownEra,
    private readonly own: HttpTransportOptions = {},
  ) {
    super(target, own);
  }

  override get sessionId(): string | undefined {
    return this.#modern === undefined ? super.sessionId : undefined;
  }

  override get adoptable(): HttpTransport['adoptable'] {
    return this.#modern === undefined ? super.adoptable : undefined;
  }

  override async terminateSession(): Promise<void> {
    if (this.#modern === undefined) await super.terminateSession();
  }

  override async send(message: JsonRpcMessage, options: HttpSendOptions = {}): Promise<void> {
    if (this.#modern !== undefined) await this.#modern.send(message, options);
    else if (isRequest(message) && message.method === 'initialize') await this.#initialize(message, options);
    else await super.send(message, options);
  }

  override usePassed(headers: RequestHeaders): void {
    super.usePassed(headers);
    this.#modern?.usePassed(headers);
  }

  override async close(): Promise<void> {
    this.#isOver = true;
    for (const modern of [this.#modern, this.#asking]) {
      if (modern !== undefined) modern.onclose = undefined;
      await modern?.close();
    }
    await super.close();
  }

  async #initialize(message: RequestMessage, options: HttpSendOptions): Promise<void> {
    if (this.era.isModern && (await this.#discover(message, options)) === undefined) return;
    // It was modern before. It may be another server now.
    this.era.isModern = false;
    const refused: { answer?: JsonRpcMessage } = {};
    const tell = this.onmessage;
    // The answer may come after the head of it, for which `send()` waits.
    const look: MessageHandler = (answer, extra) => {
      if (!isResponse(answer) || answer.id !== message.id) {
        tell?.(answer, extra);
        return;
      }
      // A caller may have set another one meanwhile.
      if (this.onmessage === look) this.onmessage = tell;
      if (!mayBeModern(answer)) tell?.(answer, extra);
      else if (isSending) refused.answer = answer;
      else void this.#askAfter(answer, message, options);
    };
    this.onmessage = look;
    let isSending = true;
    try {
      await super.send(message, options);
    } finally {
      isSending = false;
    }
    if (refused.answer !== undefined) await this.#askAfter(refused.answer, message, options);
  }

  /** Asks a server that does not offer a session what it is. If it does not say, the client gets its first answer. */
  async #askAfter(answer: JsonRpcMessage, message: RequestMessage, options: HttpSendOptions): Promise<void> {
    this.era.isModern = (await this.#discover(message, options)) === undefined;
    if (!this.era.isModern) this.onmessage?.(answer);
  }

  /** Asks the server what it is. @returns why it is not a server without sessions. Nothing if it is one */
  async #discover(message: RequestMessage, options: HttpSendOptions): Promise<unknown> {
    const { ModernHttpTransport: Modern } = await load();
    if (this.#isOver) return new Error('the connection is closed');
    const modern = new Modern(this.target, this.own);
    this.#asking = modern;
    const answers: JsonRpcMessage[] = [];
    modern.onmessage = (answer) => answers.push(answer);
    let failure: unknown;
    const sent = modern.send(message, options).catch((error: unknown) => (failure = error));
    await endsWithin(DISCOVERY_TIMEOUT_MS, sent);
    const [answer] = answers;
    if (answer?.result === undefined) {
      await modern.close();
      return failure ?? answer?.error ?? new Error('no answer');
    }
    modern.onmessage = (told, extra) => this.onmessage?.(told, extra);
    modern.onerror = (error) => this.onerror?.(error);
    modern.onclose = () => void this.close();
    this.#modern = modern;
    this.onmessage?.(answer);
    return undefined;
  }
}
