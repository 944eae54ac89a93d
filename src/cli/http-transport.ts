import {
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RequestId } from '../routing/message.js';
import { errorAnswer } from '../proxy/answers.js';
import { watchAnswer } from './answer-stream.js';

/**
 * Reaches a server over Streamable HTTP. When the stream of an answer breaks off before the answer, and nothing
 * on it had an id to resume after, no answer can come any more: the SDK's transport leaves whoever waits to
 * their own timeout, and this one says so.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  #isClosed = false;

  constructor(url: URL, options: StreamableHTTPClientTransportOptions) {
    super(url, { ...options, fetch: async (...args) => this.#fetch(...args) });
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await super.close();
  }

  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, init);
    const id = requestIdIn(init);
    return id === undefined ? response : watchAnswer(response, id, () => this.#brokeOff(id));
  }

  #brokeOff(id: RequestId): void {
    // What came before is delivered first.
    setImmediate(() => {
      const answer = errorAnswer(id, 'The backend broke off its answer to this request, which cannot be resumed');
      if (!this.#isClosed) this.onmessage?.(answer as never);
    });
  }
}

/** The id of the request that is posted, if it is one. */
function requestIdIn({ method, body }: RequestInit): RequestId | undefined {
  if (method !== 'POST' || typeof body !== 'string') return undefined;
  const message = JSON.parse(body) as { readonly id?: RequestId; readonly method?: string };
  return message.method === undefined ? undefined : message.id;
}
