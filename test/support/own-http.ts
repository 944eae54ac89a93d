/** Our own transport without a wire: requests and responses by hand. */
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import type { RouteEvent, BackchannelOptions } from '../../src/index.js';
import type { BareTransport } from '../../src/http/bare-transport.js';
import { innerOf } from '../../src/interceptor/wrapped.js';
import type { JsonRpcMessage, RequestMessage } from '../../src/routing/message.js';
import { MemoryEventStore } from './event-store.js';
import { FakeResponse } from './http-fakes.js';

/** The id of each session. */
const SESSION = 'session';

const HEADERS = {
  host: '127.0.0.1',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-session-id': SESSION,
  // Of a client to which no event is written in advance.
  'mcp-protocol-version': '2025-06-18',
};

export function requestOf(method: string): object {
  return { method, headers: HEADERS, rawHeaders: [], url: '/mcp', httpVersionMajor: 1, socket: {} };
}

/** As much of Node's response as our own transport has need of. What is written is kept. */
export class WrittenResponse extends FakeResponse {
  readonly writableLength = 0;
  readonly destroyed = false;
  readonly shouldKeepAlive = true;
  headersSent = false;
  isEnded = false;
  text = '';

  override writeHead(...args: unknown[]): this {
    this.headersSent = true;
    return super.writeHead(...args);
  }

  flushHeaders(): void {
    this.headersSent = true;
  }

  override write(text: string): boolean {
    this.text += text;
    return true;
  }

  override end(text = ''): this {
    this.text += text;
    this.isEnded = true;
    queueMicrotask(() => {
      if (!this.closed) this.disconnect();
    });
    return this;
  }
}

/** Takes its time for each event, as it is told. */
class SlowStore extends MemoryEventStore {
  delays: number[] = [];

  override async storeEvent(...event: Parameters<MemoryEventStore['storeEvent']>): Promise<string> {
    const delay = this.delays.shift() ?? 0;
    if (delay > 0) await new Promise((resolve) => delay === Infinity || setTimeout(resolve, delay));
    return super.storeEvent(...event);
  }
}

export interface OwnRig {
  readonly transport: StreamableHTTPServerTransport;
  readonly routes: RouteEvent[];
  readonly responses: WrittenResponse[];
  readonly post: (...messages: RequestMessage[]) => WrittenResponse;
  readonly get: () => WrittenResponse;
  /** Its event store takes so long for each message. */
  readonly storesIn: (...delays: readonly number[]) => void;
  /** The ids of the messages that were written, in their order. */
  readonly written: () => unknown[];
}

const opened: OwnRig[] = [];

/** Closes what the tests have opened. */
export async function closeOwnRigs(): Promise<void> {
  await Promise.all(opened.splice(0).map(async ({ transport }) => transport.close()));
}

/** With a session that has begun. @param hasStore the client can come back for what it misses */
export function ownRig(backchannel: BackchannelOptions, hasStore = false): OwnRig {
  const store = new SlowStore();
  const eventStore = hasStore ? store : undefined;
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => SESSION, backchannel, eventStore });
  void (innerOf<object>(transport) as BareTransport).initialize();
  const responses: WrittenResponse[] = [];
  const routes: RouteEvent[] = [];
  transport.backchannel.routes$.subscribe((event) => routes.push(event));
  transport.onerror = () => undefined;
  transport.onmessage = () => undefined;
  const open = (method: string, body?: unknown): WrittenResponse => {
    const response = new WrittenResponse();
    responses.push(response);
    void transport.handleRequest(requestOf(method) as never, response as never, body);
    return response;
  };
  const rig: OwnRig = {
    transport,
    routes,
    responses,
    post: (...messages) => open('POST', messages),
    get: () => open('GET'),
    storesIn: (...delays) => (store.delays = [...delays]),
    written: () =>
      responses.flatMap(({ text }) =>
        [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => (JSON.parse(data) as JsonRpcMessage).id),
      ),
  };
  opened.push(rig);
  return rig;
}
