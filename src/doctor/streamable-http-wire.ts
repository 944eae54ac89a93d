import type { IncomingMessage } from 'node:http';
import {
  HttpExchanges,
  isEventStream,
  messagesIn,
  readEvents,
  readWhole,
  refuseContent,
  type HeaderFields,
} from './http-exchange.js';
import type { Arrival, Message, StreamName } from './messages.js';
import type { Exchange, Standalone, Wire } from './wire.js';
import { LATE, within } from './within.js';

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
        const isRequest = message.method !== undefined && message.id !== undefined;
        this.#read(answer, `POST ${String(message.id)}`, isRequest);
      },
    });
  }

  agreed(protocolVersion: string): void {
    this.#session = { ...this.#session, 'mcp-protocol-version': protocolVersion };
  }

  async openStandalone(): Promise<Standalone> {
    let standalone: Standalone = 'open';
    const { begun } = this.#exchanges.start({
      method: 'GET',
      url: this.url,
      headers: { accept: 'text/event-stream', ...this.#session },
      onAnswer: (answer) => {
        standalone = isEventStream(answer) ? 'open' : 'none';
        this.#read(answer, 'GET');
      },
    });
    try {
      // One that holds its headers back until it has a message is open, too.
      return (await within(PATIENCE_MS, begun)) === LATE ? 'silent' : standalone;
    } catch {
      return 'none';
    }
  }

  async close(): Promise<void> {
    if (this.hasSession) {
      const { ended } = this.#exchanges.start({ method: 'DELETE', url: this.url, headers: this.#session });
      await within(PATIENCE_MS, ended).catch(() => undefined);
    }
    this.#exchanges.close();
  }

  #read(answer: IncomingMessage, stream: StreamName, isAnswer = false): void {
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
    } else if (isAnswer) {
      refuseContent(answer);
    } else {
      answer.resume();
    }
  }
}
