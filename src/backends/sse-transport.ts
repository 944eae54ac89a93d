import { AsyncLocalStorage } from 'node:async_hooks';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { withAdded } from '../added-headers.js';
import { HttpRefusal, relayedHeaders } from '../http-refusal.js';
import { isRequest, type JsonRpcMessage } from '../routing/message.js';
import { isTooLong, listenerOf } from './messages.js';
import { SendLanes } from './send-lanes.js';
import { withoutMessages } from './sse-messages.js';

type PassedHeaders = Readonly<Record<string, string>>;

export interface SseTransportOptions {
  readonly headers: PassedHeaders;
  /** The client's headers for the session. */
  readonly passed: PassedHeaders;
  readonly fetch: typeof globalThis.fetch;
  /** Hides secrets in a text that may have been cut off. */
  readonly redactCut: (text: string) => string;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
}

/** How much of the text of a refusal is passed on. */
const MAX_TEXT = 65_536;

/** Reaches a server over the older HTTP+SSE. The SDK's transport reports no status, and never changes its headers. */
export class SseTransport extends SSEClientTransport {
  #passed: PassedHeaders;
  #refusal: HttpRefusal | undefined;
  readonly #sending: AsyncLocalStorage<PassedHeaders>;
  readonly #lanes = new SendLanes();

  constructor(url: URL, options: SseTransportOptions) {
    const { headers, passed, fetch, redactCut, maxMessage } = options;
    const sending = new AsyncLocalStorage<PassedHeaders>();
    super(url, {
      requestInit: { headers: { ...headers, ...passed } },
      fetch: async (target, init) => {
        const sent = new Headers(init?.headers);
        for (const name of Object.keys(passed)) sent.delete(name);
        for (const [name, value] of Object.entries({ ...headers, ...(sending.getStore() ?? this.#passed) }))
          sent.set(name, value);
        const all = init?.method === 'POST' ? withAdded(Object.fromEntries(sent)) : sent;
        const response = await fetch(target, { ...init, headers: all });
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
        if (response.ok && isStream && response.body !== null) {
          const others = withoutMessages(response.body, this.#listener(maxMessage));
          return new Response(others, { status: response.status, headers: response.headers });
        }
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
    // An event source reports only that it failed. The refusal is thrown below instead.
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
    const passed = options?.headers ?? this.#passed;
    const post = async (): Promise<void> => this.#sending.run(passed, () => super.send(message as never));
    if (isRequest(message)) {
      const { clear } = this.#lanes;
      if (clear !== undefined) await clear;
      await post();
    } else {
      // The SDK's transport cannot abort a single POST.
      await this.#lanes.send(message, JSON.stringify(message).length, post);
    }
  }

  override async close(): Promise<void> {
    this.#lanes.close();
    await super.close();
  }

  #listener(maxMessage?: number): Parameters<typeof withoutMessages>[1] {
    const listener = listenerOf(this, maxMessage);
    const endless = (): void => {
      this.onerror?.(new RangeError(`a message of the backend ${isTooLong(listener.maxMessage)}, and does not end`));
      void this.close();
    };
    return { ...listener, endless };
  }
}

async function refusalIn(response: Response, redactCut: (text: string) => string): Promise<HttpRefusal> {
  const { status, statusText, headers } = response;
  const text = await textIn(response);
  const isWhole = text.length <= MAX_TEXT;
  const shown = isWhole ? text : redactCut(text.slice(0, MAX_TEXT));
  const message = `refused with ${status} ${statusText}`.trimEnd() + (shown === '' ? '' : `: ${shown}`);
  return new HttpRefusal(status, message, relayedHeaders(Object.fromEntries(headers)), isWhole ? text : '');
}

/** The text of a response. A text over the limit is cut somewhat above it, so that callers can tell. */
async function textIn({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_TEXT) break;
    }
    return text;
  } catch {
    return '';
  }
}
