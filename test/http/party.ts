/** One transport behind a real server, and a journal of what it says: to its client, and to its owner. */
import { createServer, request as clientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { StreamableHTTPServerTransportOptions } from 'mcp-backchannel/http';
import { MemoryEventStore } from '../support/event-store.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';

export interface Message {
  readonly jsonrpc?: string;
  readonly id?: RequestId;
  readonly method?: string;
  readonly params?: object;
  readonly result?: object;
  readonly error?: object;
}

export interface Extra {
  readonly authInfo?: unknown;
  readonly requestInfo?: { readonly headers: Record<string, string | string[] | undefined>; readonly url?: URL };
  readonly closeSSEStream?: (() => void) | undefined;
  readonly closeStandaloneSSEStream?: (() => void) | undefined;
}

/** What both transports have in common. */
export interface Transport {
  sessionId?: string | undefined;
  onmessage?: ((message: never, extra: never) => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onclose?: (() => void) | undefined;
  start(): Promise<void>;
  close(): Promise<void>;
  send(message: never, options?: { relatedRequestId?: RequestId }): Promise<void>;
  handleRequest(request: IncomingMessage, response: never, parsedBody?: unknown): Promise<void>;
  closeSSEStream(id: RequestId): void;
  closeStandaloneSSEStream(): void;
}

export type TransportClass = new (options: never) => Transport;

export interface PartyOptions extends StreamableHTTPServerTransportOptions {
  /** @default every request is answered at once */
  readonly serve?: (message: Message, extra: Extra, party: Party) => void;
  /** What a middleware has made of the body. */
  readonly parsedBody?: unknown;
  readonly auth?: unknown;
  /** Writes the journal of the event store too. */
  readonly watchesStore?: boolean;
}

export interface Asking {
  readonly method?: string;
  readonly path?: string;
  /** Each pair is one header line. */
  readonly headers?: readonly (readonly [string, string])[];
  /** The headers without these names. */
  readonly without?: readonly string[];
  readonly body?: string;
}

/** Headers that say how the body is framed, or when. */
const FRAMING = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

export const STATEFUL = { sessionIdGenerator: (): string => 'the-session' };
export const STATELESS = { sessionIdGenerator: undefined };

/** An answer, while it is coming in. */
export class Answer {
  body = '';
  readonly ended: Promise<void>;
  readonly #looks = new Set<() => void>();

  constructor(readonly incoming: IncomingMessage) {
    incoming.setEncoding('utf8').on('data', (text: string) => {
      this.body += text;
      for (const look of this.#looks) look();
    });
    this.ended = new Promise((resolve) => {
      const settle = (): void => {
        resolve();
        for (const look of this.#looks) look();
      };
      incoming.once('end', settle).once('close', settle).once('error', settle);
    });
  }

  /** Comes back when the body holds this text, or has ended. */
  async until(text: string): Promise<void> {
    while (!this.body.includes(text) && !this.incoming.readableEnded && !this.incoming.destroyed) {
      await new Promise<void>((resolve) => this.#looks.add(resolve));
    }
  }
}

export class Party {
  readonly journal: unknown[] = [];
  readonly transport: Transport;
  /** How many calls of `handleRequest` are not settled. */
  pending = 0;
  sessionId: string | undefined;
  /** Sent with every request but `initialize`. */
  version: string | undefined = '2025-06-18';
  readonly #server: Server;
  readonly #streamNames = new Map<string, string>();
  readonly #answers: Answer[] = [];

  private constructor(
    Class: TransportClass,
    readonly options: PartyOptions,
  ) {
    const { serve = answerAtOnce, parsedBody, auth, watchesStore: _w, ...own } = options;
    this.transport = new Class({ ...own, ...this.#watched(options) } as never);
    this.transport.onerror = (error): void => this.note(`onerror: ${String(error)}`);
    this.transport.onclose = (): void => this.note('onclose');
    this.transport.onmessage = (message: Message, extra: Extra): void => {
      this.note({ message, ...this.#shown(extra) });
      serve(message, extra, this);
    };
    this.#server = createServer((request, response) => {
      this.pending += 1;
      void this.transport
        .handleRequest(Object.assign(request, auth === undefined ? {} : { auth }), response as never, parsedBody)
        .catch((error: unknown) => this.note(`handleRequest rejected: ${String(error)}`))
        .finally(() => (this.pending -= 1));
    });
  }

  static async open(Class: TransportClass, options: PartyOptions): Promise<Party> {
    const party = new Party(Class, options);
    await new Promise<void>((resolve) => party.#server.listen(0, '127.0.0.1', resolve));
    await party.transport.start();
    return party;
  }

  note(entry: unknown): void {
    this.journal.push(this.#plain(entry));
  }

  /** Sends a message, and notes what became of it. */
  async send(message: Message, relatedRequestId?: RequestId): Promise<void> {
    const options = relatedRequestId === undefined ? {} : { relatedRequestId };
    await this.transport.send(message as never, options).catch((error: unknown) => this.note(`send: ${String(error)}`));
  }

  // ---- the client ----

  /** A request whose answer is still coming in. */
  async begin(asking: Asking): Promise<Answer> {
    const { method = 'POST', path = '/mcp', headers = [], without = [], body } = asking;
    const { port } = this.#server.address() as AddressInfo;
    const own = Object.entries({
      host: `127.0.0.1:${port}`,
      ...JSON_HEADERS,
      ...(this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId }),
      ...(this.version === undefined ? {} : { 'mcp-protocol-version': this.version }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    });
    const replaced = new Set([...without, ...headers.map(([name]) => name)]);
    const lines = [...own.filter(([name]) => !replaced.has(name)), ...headers];
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = clientRequest({ host: '127.0.0.1', port, method, path, headers: lines.flat(), agent: false });
      request.once('response', resolve).once('error', reject).end(body);
    });
    const answer = new Answer(incoming);
    this.#answers.push(answer);
    return answer;
  }

  /** A request, and its complete answer in the journal. */
  async ask(asking: Asking): Promise<Answer> {
    const answer = await this.begin(asking);
    await this.complete(answer);
    return answer;
  }

  /** Notes an answer when it is complete. */
  async complete(answer: Answer): Promise<void> {
    await answer.ended;
    const { statusCode, headers } = answer.incoming;
    const shown = Object.entries(headers).filter(([name]) => !FRAMING.has(name));
    this.note({ status: statusCode, headers: Object.fromEntries(shown), body: answer.body });
  }

  post(message: unknown, asking: Asking = {}): Promise<Answer> {
    return this.ask({ body: JSON.stringify(message), ...asking });
  }

  async initialize(protocolVersion = '2025-06-18'): Promise<void> {
    const params = { ...INITIALIZE_MESSAGE.params, protocolVersion };
    await this.post({ ...INITIALIZE_MESSAGE, id: 'init', params }, { without: ['mcp-protocol-version'] });
    this.sessionId = this.transport.sessionId;
    this.version = protocolVersion;
  }

  get(headers: readonly (readonly [string, string])[] = []): Promise<Answer> {
    return this.begin({ method: 'GET', headers: [['accept', 'text/event-stream'], ...headers] });
  }

  async close(): Promise<void> {
    for (const { incoming } of this.#answers) incoming.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.transport.close();
  }

  // ---- the journal ----

  #watched(options: PartyOptions): StreamableHTTPServerTransportOptions {
    const { onsessioninitialized: began, onsessionclosed: ended, eventStore, watchesStore } = options;
    return {
      onsessioninitialized: (id): void | Promise<void> => {
        this.note(`onsessioninitialized ${id}`);
        return began?.(id);
      },
      onsessionclosed: (id): void | Promise<void> => {
        this.note(`onsessionclosed ${id}`);
        return ended?.(id);
      },
      ...(eventStore === undefined || watchesStore !== true ? {} : { eventStore: this.#watchedStore(eventStore) }),
    };
  }

  #watchedStore(store: NonNullable<PartyOptions['eventStore']>): NonNullable<PartyOptions['eventStore']> {
    return {
      storeEvent: (streamId, message) => {
        this.note(`storeEvent ${streamId} ${JSON.stringify(message)}`);
        return store.storeEvent(streamId, message);
      },
      replayEventsAfter: (id, to) => {
        this.note(`replayEventsAfter ${id}`);
        return store.replayEventsAfter(id, to);
      },
      ...(store.getStreamIdForEventId && {
        getStreamIdForEventId: (id: string) => {
          this.note(`getStreamIdForEventId ${id}`);
          return store.getStreamIdForEventId?.(id) ?? Promise.resolve(undefined);
        },
      }),
    };
  }

  #shown({ authInfo, requestInfo, closeSSEStream, closeStandaloneSSEStream }: Extra): object {
    const url = requestInfo?.url?.href;
    return {
      extra: { authInfo, headers: requestInfo?.headers, url },
      closers: [typeof closeSSEStream, typeof closeStandaloneSSEStream],
    };
  }

  /** Without what differs from run to run: ports, and the names of streams. */
  #plain(entry: unknown): unknown {
    const text = JSON.stringify(entry)
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uuid) => this.#nameOf(uuid));
    return JSON.parse(text) as unknown;
  }

  #nameOf(uuid: string): string {
    const name = this.#streamNames.get(uuid) ?? `stream-${this.#streamNames.size + 1}`;
    this.#streamNames.set(uuid, name);
    return name;
  }
}

function answerAtOnce({ id, method }: Message, _extra: Extra, party: Party): void {
  if (id !== undefined && method !== undefined) void party.send(resultOf(id));
}

// ---- messages ----

export function callOf(id: RequestId, params: object = {}): Message {
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

export function newsOf(method = 'notifications/message', params: object = {}): Message {
  return { jsonrpc: '2.0', method, params };
}

export function resultOf(id: RequestId, result: object = {}): Message {
  return { jsonrpc: '2.0', id, result };
}

/** An event store whose methods can be replaced. */
export function storeWith(methods: Partial<NonNullable<PartyOptions['eventStore']>>): MemoryEventStore {
  return Object.assign(new MemoryEventStore(), methods);
}
