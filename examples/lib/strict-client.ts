/**
 * A client that speaks Streamable HTTP by hand and notes on which stream each message arrives. Strict:
 * it reads the answer to its own POST and opens the standalone stream only when told to.
 */
import { createParser } from 'eventsource-parser';

export interface Message {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the server says
  readonly params?: any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the server says
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A message and the stream it came on: `'GET'`, or `'POST 3'` for the answer to the POST of request 3. */
export interface Arrival {
  readonly message: Message;
  readonly stream: string;
  readonly eventId: string | undefined;
}

/** Answers a request of the server. `undefined`: does not answer. */
export type Answer = (message: Message, arrival: Arrival) => unknown;

export interface StrictClientOptions {
  readonly capabilities?: object;
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly protocolVersion?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ids of requests count from here. */
  readonly firstId?: number;
}

/** An open HTTP exchange. */
export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body, where it is no event stream. */
  readonly text: string;
  /** Resolves when the server has ended the stream, or it was dropped. */
  readonly ended: Promise<void>;
  /** Drops the connection, without telling the server anything. */
  drop(): void;
}

/** A request under way. */
export interface Call {
  readonly id: string | number;
  /** The answer, whichever stream it comes on. */
  readonly response: Promise<Message>;
  readonly exchange: Promise<Exchange>;
  drop(): Promise<void>;
}

const ALL_CAPABILITIES = { elicitation: {}, sampling: {}, roots: { listChanged: true } };

export class StrictClient {
  readonly arrivals: Arrival[] = [];
  sessionId: string | undefined;
  readonly #waiting = new Set<(arrival: Arrival) => void>();
  readonly #open = new Set<AbortController>();
  readonly #answers: Map<string, Answer>;
  #agreedOn: string | undefined;
  #nextId: number;

  constructor(
    readonly url: string,
    private readonly options: StrictClientOptions = {},
  ) {
    this.#answers = new Map(Object.entries(options.answers ?? {}));
    this.#nextId = options.firstId ?? 0;
  }

  /** A client that has initialised its session. */
  static async connect(url: string, options: StrictClientOptions = {}): Promise<StrictClient> {
    const client = new StrictClient(url, options);
    await client.initialize();
    return client;
  }

  async initialize(): Promise<Message> {
    const response = await this.request('initialize', {
      protocolVersion: this.#protocolVersion,
      capabilities: this.options.capabilities ?? ALL_CAPABILITIES,
      clientInfo: { name: 'strict-client', version: '1.0.0' },
    });
    // An older server agrees on an older version, and refuses requests that name another.
    this.#agreedOn = (response.result as { readonly protocolVersion?: string } | undefined)?.protocolVersion;
    await this.notify('notifications/initialized');
    return response;
  }

  answer(method: string, answer: Answer): void {
    this.#answers.set(method, answer);
  }

  /** Sends a request and waits for the answer. An error answer is returned, not thrown. */
  async request(method: string, params?: object, id?: string | number): Promise<Message> {
    return this.start(method, params, id).response;
  }

  /** `tools/call`; gives the text of the result, or throws the error. */
  async callTool(name: string, args: object = {}): Promise<string> {
    const response = await this.request('tools/call', { name, arguments: args });
    if (response.error !== undefined) throw new Error(`${String(response.error.code)} ${response.error.message}`);
    const { content } = response.result as { content: { text: string }[] };
    return content.map(({ text }) => text).join('');
  }

  /** Sends a request without waiting. */
  start(method: string, params?: object, id: string | number = this.#nextId++): Call {
    const response = this.next((arrival) => arrival.message.method === undefined && arrival.message.id === id);
    const exchange = this.post({ jsonrpc: '2.0', id, method, params: params ?? {} });
    // A POST that is refused is answered in its body, and has no answer to wait for.
    const refused = exchange.then(async ({ status, text }) => {
      if (status >= 400) throw new Error(`POST ${String(id)} answered ${String(status)}: ${text}`);
      return (await response).message;
    });
    refused.catch(() => undefined);
    return {
      id,
      response: refused,
      exchange,
      drop: async () => {
        (await exchange).drop();
      },
    };
  }

  async notify(method: string, params?: object): Promise<Exchange> {
    return this.post({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  /** Answers a request of the server, on a POST of its own. */
  async reply(id: Message['id'], result: unknown): Promise<Exchange> {
    return this.post({ jsonrpc: '2.0', id, result });
  }

  /** The first message from now on, or of those already here with `from: 0`, that fits. */
  async next(fits: (arrival: Arrival) => boolean, from = this.arrivals.length): Promise<Arrival> {
    const known = this.arrivals.slice(from).find(fits);
    if (known !== undefined) return known;
    return new Promise((resolve) => {
      const look = (arrival: Arrival): void => {
        if (!fits(arrival)) return;
        this.#waiting.delete(look);
        resolve(arrival);
      };
      this.#waiting.add(look);
    });
  }

  /** Opens the standalone stream, or resumes a stream after an event. */
  async openGet(lastEventId?: string): Promise<Exchange> {
    const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.#http('GET', 'GET', undefined, { accept: 'text/event-stream', ...resume });
  }

  async post(body: unknown): Promise<Exchange> {
    const messages = (Array.isArray(body) ? body : [body]) as Message[];
    const ids = messages.filter(({ method, id }) => method !== undefined && id !== undefined).map(({ id }) => id);
    return this.#http('POST', `POST ${ids.join(',')}`, JSON.stringify(body), {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    });
  }

  /** Ends the session properly. */
  async delete(): Promise<Exchange> {
    return this.#http('DELETE', 'DELETE', undefined, {});
  }

  /** Drops every connection, without telling the server anything. */
  vanish(): void {
    for (const controller of this.#open) controller.abort();
    this.#open.clear();
  }

  get #protocolVersion(): string {
    return this.#agreedOn ?? this.options.protocolVersion ?? '2025-11-25';
  }

  async #http(
    method: string,
    stream: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<Exchange> {
    const controller = new AbortController();
    this.#open.add(controller);
    const session = this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId };
    const response = await fetch(this.url, {
      method,
      signal: controller.signal,
      headers: { ...headers, ...session, 'mcp-protocol-version': this.#protocolVersion, ...this.options.headers },
      ...(body !== undefined && { body }),
    });
    this.sessionId ??= response.headers.get('mcp-session-id') ?? undefined;

    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const text = isStream ? '' : await response.text();
    if (response.ok && text !== '' && method === 'POST') {
      const parsed = JSON.parse(text) as Message | Message[];
      for (const message of Array.isArray(parsed) ? parsed : [parsed])
        this.#arrived({ message, stream, eventId: undefined });
    }
    const ended = (isStream && response.body ? this.#read(response.body, stream) : Promise.resolve()).finally(() =>
      this.#open.delete(controller),
    );
    const drop = (): void => {
      controller.abort();
    };
    return { status: response.status, headers: response.headers, text, ended, drop };
  }

  async #read(body: ReadableStream<Uint8Array>, stream: string): Promise<void> {
    const parser = createParser({
      onEvent: ({ data, id }) => {
        if (data !== '') this.#arrived({ message: JSON.parse(data) as Message, stream, eventId: id });
        else if (id !== undefined) this.#arrived({ message: {}, stream, eventId: id });
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch {
      // dropped, by us or by the server: `ended` says so
    }
  }

  #arrived(arrival: Arrival): void {
    this.arrivals.push(arrival);
    for (const look of [...this.#waiting]) look(arrival);
    const { message } = arrival;
    if (message.method === undefined || message.id === undefined || message.id === null) return;
    const result = this.#answers.get(message.method)?.(message, arrival);
    void Promise.resolve(result).then(async (value) => {
      // A session that has ended takes no answer: nobody waits for one.
      if (value !== undefined) await this.reply(message.id, value).catch(() => undefined);
    });
  }
}
