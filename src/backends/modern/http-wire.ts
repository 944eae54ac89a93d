import { isRecord } from '../../routing/message.js';
import type { RequestHeaders } from '../http/http-answer.js';
import { HttpClient } from '../http/http-client.js';
import type { HttpTransportOptions } from '../http/options.js';
import type { MessageListener } from '../messages.js';
import { headersOf, withEnvelope } from './envelope.js';
import type { Exchange, ExchangeListener, Sent } from './exchange.js';
import { requestText } from './exact-text.js';
import { ModernPost } from './modern-post.js';
import { Wire } from './wire.js';

/** Options of the transport to a server of revision 2026-07-28. */
export type ModernTransportOptions = Omit<HttpTransportOptions, 'sessionId'>;

/** Sends each request in a POST of its own. */
export class HttpWire extends Wire {
  readonly hasHeaders = true;
  #passed: RequestHeaders;
  readonly #client: HttpClient;
  #lastId = 0;

  constructor(
    url: URL,
    private readonly options: ModernTransportOptions,
    private readonly listener: MessageListener,
  ) {
    super();
    this.#client = new HttpClient(url, options.connections, { ...options.headers, ...options.passed });
    this.#passed = options.passed ?? {};
  }

  open(own: ExchangeListener = this.listener): Exchange {
    const { maxMessage } = this.listener;
    const { redactCut } = this.options;
    return new ModernPost(++this.#lastId, this.#client, this.#write, own, { maxMessage, redactCut });
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  usePassed(headers: RequestHeaders): void {
    this.#passed = headers;
  }

  readonly #write = (
    id: number,
    { method, params, original }: Sent,
    own: RequestHeaders = this.#passed,
  ): { readonly body: string; readonly headers: RequestHeaders } => {
    const declared = isRecord(params) ? this.tools.headersOf(params['name']) : [];
    return {
      body: requestText(id, method, withEnvelope(params, this.facts), original),
      headers: { ...this.options.headers, ...own, ...headersOf(method, params, declared) },
    };
  };
}
