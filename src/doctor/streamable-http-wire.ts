import type { IncomingMessage } from 'node:http';
import { HttpExchanges, messagesIn, readEvents, readWhole, type HeaderFields } from './http-exchange.js';
import type { Arrival, Message, StreamName } from './messages.js';
import type { Exchange, Wire } from './wire.js';
import { within } from './within.js';

/** How long a proxy may take to begin a stream, or to end a session. Then the client goes on. */
const PATIENCE_MS = 1_000;

/** Streamable HTTP. Strict: it opens the standalone stream only when told to, and resumes nothing. */
export class StreamableHttpWire implements Wire {
  readonly kind = 'streamable-http';
  readonly #exchanges: HttpExchanges;
  #session: HeaderFields = {};

  constructor(
    private readonly url: string,
    headers: HeaderFields,
    private readonly receive: (arrival: Arrival) => void,
  ) {
    this.#exchanges = new HttpExchanges(url, headers);
  }

  get hasSession(): boolean {
    return 'mcp-session-id' in this.#session;
  }

  send(message: Message): Exchange {
    const body = JSON.stringify(message);
    return this.#exchanges.start({
      method: 'POST',
      url: this.url,
      body,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        accept: 'application/json, text/event-stream',
        ...this.#session,
      },
      onAnswer: (answer) => {
        const id = answer.headers['mcp-session-id'];
        if (message.method === 'initialize' && typeof id === 'string') this.#session = { 'mcp-session-id': id };
        this.#read(answer, `POST ${String(message.id)}`);
      },
    });
  }

  agreed(protocolVersion: string): void {
    this.#session = { ...this.#session, 'mcp-protocol-version': protocolVersion };
  }

  async openStandalone(): Promise<boolean> {
    let isStream = true;
    const { begun } = this.#exchanges.start({
      method: 'GET',
      url: this.url,
      headers: { accept: 'text/event-stream', ...this.#session },
      onAnswer: (answer) => {
        isStream = isEventStream(answer);
        this.#read(answer, 'GET');
      },
    });
    try {
      // One that holds its headers back until it has a message is open, too.
      await within(PATIENCE_MS, begun);
      return isStream;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.hasSession) {
      const { ended } = this.#exchanges.start({ method: 'DELETE', url: this.url, headers: this.#session });
      await within(PATIENCE_MS, ended).catch(() => undefined);
    }
    this.#exchanges.close();
  }

  #read(answer: IncomingMessage, stream: StreamName): void {
    const receive = (text: string): void => {
      for (const message of messagesIn(text)) this.receive({ message, stream });
    };
    if (isEventStream(answer)) {
      readEvents(answer, (_event, data) => {
        receive(data);
      });
    } else if (answer.headers['content-type']?.startsWith('application/json') === true) {
      readWhole(answer, (text) => {
        if (text.trim() !== '') receive(text);
      });
    } else {
      answer.resume();
    }
  }
}

function isEventStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true;
}
