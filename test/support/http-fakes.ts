/** HTTP without a server: requests and responses by hand, for what only reads and passes on. */
import { EventEmitter } from 'node:events';
import type { InFlight } from '../../src/routing/ledger.js';
import type { HttpConnection } from '../../src/streams/connection.js';
import type { StreamListener } from '../../src/streams/client-streams.js';
import { StreamWatcher } from '../../src/streams/stream-watcher.js';
import { request } from './messages.js';
import { newLedger } from './verdict.js';

export const SSE = { 'content-type': 'text/event-stream' };
export const JSON_TYPE = { 'content-type': 'application/json' };

/** Node's response, as far as transports use it. It notes what it is given. */
export class FakeResponse extends EventEmitter {
  readonly calls: unknown[][] = [];
  readonly #headers = new Map<string, unknown>();
  closed = false;

  setHeader(name: string, value: unknown): void {
    this.#headers.set(name.toLowerCase(), value);
  }

  getHeader(name: string): unknown {
    return this.#headers.get(name.toLowerCase());
  }

  writeHead(...args: unknown[]): this {
    this.calls.push(['writeHead', ...args]);
    return this;
  }

  write(...args: unknown[]): boolean {
    this.calls.push(['write', ...args]);
    return false;
  }

  end(...args: unknown[]): this {
    this.calls.push(['end', ...args]);
    return this;
  }

  /** The connection is gone, whoever ended it. */
  disconnect(): void {
    this.closed = true;
    this.emit('close');
  }
}

/** Writes the head of an answer. */
export const opens =
  (...args: unknown[]) =>
  (response: FakeResponse): void =>
    void response.writeHead(...args);

export function nodeRequest(method: string, headers: Readonly<Record<string, string>> = {}): object {
  return { method, headers };
}

/** What a StreamWatcher tells, in words. */
export interface WatchRig {
  readonly watcher: StreamWatcher;
  readonly told: string[];
  /** Hands an HTTP request to a Node transport that answers with `respond`. The ids are those of its messages. */
  readonly node: (method: string, options?: NodeOptions) => NodeAnswer;
  /** Hands one to a web-standard transport. */
  readonly web: (method: string, answer: unknown, options?: WebOptions) => { returned: unknown };
}

interface Options {
  readonly ids?: readonly number[];
  readonly lastEventId?: string;
}

interface WebOptions extends Options {
  readonly signal?: AbortSignal;
}

interface NodeOptions extends Options {
  readonly respond?: (response: FakeResponse) => void;
  readonly response?: FakeResponse;
  /** What the transport returns. */
  readonly returns?: unknown;
}

interface NodeAnswer {
  readonly response: FakeResponse;
  readonly returned: unknown;
  /** Unless the request was not handed over. */
  readonly connection: HttpConnection | undefined;
}

/** The client holds the standalone stream. */
export function isStandalone({ watcher }: WatchRig): boolean {
  return watcher.openStreams.standalone !== undefined;
}

export function watchRig({ resumesWhenHandled = false, hasSeveralSessions = false } = {}): WatchRig {
  const told: string[] = [];
  const listener: StreamListener = {
    streamOpened: () => told.push('stream opened'),
    requestLost: ({ id }: InFlight) => told.push(`lost ${id}`),
    connectionsChanged: () => told.push(`open: ${watcher.openStreams.connections}`),
    expectsAnswers: false,
    refused: () => told.push('refused'),
  };
  const watcher = new StreamWatcher(listener, resumesWhenHandled, hasSeveralSessions);
  const ledger = newLedger();
  const arrive = (connection: HttpConnection, ids: readonly number[] = []): void => {
    for (const id of ids) watcher.arrived(connection, ledger.receive(request(id)).entry);
  };
  const headersOf = ({ lastEventId }: Options): Record<string, string> =>
    lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return {
    watcher,
    told,
    node: (method, options = {}) => {
      const { response = new FakeResponse(), respond, returns = 'what the transport returns' } = options;
      const seen: HttpConnection[] = [];
      const returned = watcher.handle(
        () => {
          respond?.(response);
          return returns;
        },
        [nodeRequest(method, headersOf(options)), response],
        (connection, call) => {
          seen.push(connection);
          arrive(connection, options.ids);
          return call();
        },
      );
      return { response, returned, connection: seen[0] };
    },
    web: (method, answer, options = {}) => {
      const incoming = new Request('http://127.0.0.1/mcp', {
        method,
        headers: headersOf(options),
        signal: options.signal ?? null,
      });
      const returned = watcher.handle(
        () => (typeof answer === 'function' ? (answer as () => unknown)() : answer),
        [incoming],
        (connection, call) => {
          arrive(connection, options.ids);
          return call();
        },
      );
      return { returned };
    },
  };
}
