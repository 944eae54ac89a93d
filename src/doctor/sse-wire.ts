import {
  HttpExchanges,
  isEventStream,
  messagesIn,
  readEvents,
  refuseContent,
  type HeaderFields,
} from './http-exchange.js';
import type { Arrival, Message } from './messages.js';
import type { Exchange, Standalone, Wire } from './wire.js';

/** HTTP+SSE of 2024-11-05: every message of the server comes on the one stream. */
export class SseWire implements Wire {
  readonly kind = 'sse';
  readonly hasSession = true;
  readonly #exchanges: HttpExchanges;
  #endpoint: Promise<string> | undefined;

  constructor(
    private readonly url: string,
    headers: HeaderFields,
    private readonly receive: (arrival: Arrival) => void,
  ) {
    this.#exchanges = new HttpExchanges(url, headers);
  }

  send(message: Message): Exchange {
    const posted = this.#post(message);
    const begun = posted.then(async (exchange) => exchange.begun);
    const ended = posted.then(async (exchange) => exchange.ended);
    begun.catch(() => undefined);
    ended.catch(() => undefined);
    return { begun, ended, drop: () => undefined };
  }

  agreed(): void {
    // this revision names none in its headers
  }

  async openStandalone(): Promise<Standalone> {
    await (this.#endpoint ??= this.#connect());
    return 'open';
  }

  async close(): Promise<void> {
    this.#exchanges.close();
    return Promise.resolve();
  }

  async #post(message: Message): Promise<Exchange> {
    const url = await (this.#endpoint ??= this.#connect());
    const body = JSON.stringify(message);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    return this.#exchanges.start({ method: 'POST', url, headers, body });
  }

  async #connect(): Promise<string> {
    return new Promise((resolve, reject) => {
      const { begun, ended } = this.#exchanges.start({
        method: 'GET',
        url: this.url,
        headers: { accept: 'text/event-stream' },
        onAnswer: (answer) => {
          if (!isEventStream(answer)) {
            refuseContent(answer);
            return;
          }
          readEvents(answer, (event, data) => {
            if (event === 'endpoint') resolve(this.#endpointOf(data));
            else for (const message of messagesIn(data)) this.receive({ message, stream: 'GET' });
          });
        },
      });
      begun.catch(reject);
      ended.then(() => {
        reject(new Error('the event stream ended before it named its endpoint'));
      }, reject);
    });
  }

  /** @throws Error if a client would not post there */
  #endpointOf(data: string): string {
    if (!URL.canParse(data, this.url)) throw new Error(`its endpoint is not a URL: ${data.slice(0, 100)}`);
    const endpoint = new URL(data, this.url);
    if (endpoint.origin !== new URL(this.url).origin)
      throw new Error(`its endpoint is on another origin: ${endpoint.origin}`);
    return endpoint.href;
  }
}
