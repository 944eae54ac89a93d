import { AsyncLocalStorage } from 'node:async_hooks';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { HttpRefusal, relayedHeaders } from '../http-refusal.js';
import type { JsonRpcMessage } from '../routing/message.js';

type PassedHeaders = Readonly<Record<string, string>>;

export interface SseTransportOptions {
  readonly headers: PassedHeaders;
  /** Passed on from the client: those of the session. */
  readonly passed: PassedHeaders;
  readonly fetch: typeof globalThis.fetch;
  /** Hides what must not be shown in a text that may have been cut off. */
  readonly redactCut: (text: string) => string;
}

/** Of the text of a refusal, no more is passed on. */
const MAX_TEXT = 65_536;

/** Reaches a server over the older HTTP+SSE. The SDK's transport tells of no status, and sends the same headers for ever. */
export class SseTransport extends SSEClientTransport {
  #passed: PassedHeaders;
  #refusal: HttpRefusal | undefined;
  readonly #sending: AsyncLocalStorage<PassedHeaders>;

  constructor(url: URL, options: SseTransportOptions) {
    const { headers, passed, fetch, redactCut } = options;
    const sending = new AsyncLocalStorage<PassedHeaders>();
    super(url, {
      requestInit: { headers: { ...headers, ...passed } },
      fetch: async (target, init) => {
        const sent = new Headers(init?.headers);
        for (const name of Object.keys(passed)) sent.delete(name);
        for (const [name, value] of Object.entries({ ...headers, ...(sending.getStore() ?? this.#passed) }))
          sent.set(name, value);
        const response = await fetch(target, { ...init, headers: sent });
        if (response.ok || response.status < 400) return response;
        this.#refusal = await refusalIn(response, redactCut);
        throw this.#refusal;
      },
    });
    this.#passed = passed;
    this.#sending = sending;
  }

  usePassed(passed: PassedHeaders): void {
    this.#passed = passed;
  }

  override async start(): Promise<void> {
    const { onerror } = this;
    // An event source tells no more than that it failed: a refusal is told by what is thrown.
    this.onerror = (error) => {
      if (this.#refusal === undefined) onerror?.(error);
    };
    try {
      await super.start();
    } catch (error) {
      throw this.#refusal ?? error;
    } finally {
      if (onerror !== undefined) this.onerror = onerror;
    }
  }

  override async send(message: JsonRpcMessage, options?: { readonly headers?: PassedHeaders }): Promise<void> {
    await this.#sending.run(options?.headers ?? this.#passed, () => super.send(message as never));
  }
}

async function refusalIn(response: Response, redactCut: (text: string) => string): Promise<HttpRefusal> {
  const { status, statusText, headers } = response;
  const text = await response.text().catch(() => '');
  const isWhole = text.length <= MAX_TEXT;
  const shown = isWhole ? text : redactCut(text.slice(0, MAX_TEXT));
  const message = `refused with ${status} ${statusText}`.trimEnd() + (shown === '' ? '' : `: ${shown}`);
  return new HttpRefusal(status, message, relayedHeaders(Object.fromEntries(headers)), isWhole ? text : '');
}
