/** The page's server, on a port of its own, and readers of its events. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { LiveAccess } from '../../src/cli/live-access.js';
import { LivePage, type LivePageOptions } from '../../src/cli/live-page.js';
import type { Started } from '../cli/support.js';

const BUILT = new URL('../../dist/live/', import.meta.url);

export interface Served {
  readonly page: LivePage;
  readonly url: string;
  readonly port: number;
  /** Ends all connections, and is there again at once. */
  readonly drop: () => void;
}

export interface ServedOptions extends Partial<LivePageOptions> {
  readonly token?: string;
  readonly host?: string;
}

export async function serveLive(started: Started, { token, host, ...more }: ServedOptions = {}): Promise<Served> {
  const access = new LiveAccess({
    allowedHosts: ['good.test'],
    allowedOrigins: [],
    token,
    report: () => undefined,
  });
  const page = new LivePage({ name: 'a-server', source: 'proxy', access, folder: BUILT, ...more });
  const server = createServer((request, response) => {
    page.handle(request, response, (request.url ?? '').split('?')[0] ?? '');
  }).listen(0, host ?? '127.0.0.1');
  await once(server, 'listening');
  started.add({
    async close() {
      page.close();
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  });
  const { port } = server.address() as AddressInfo;
  const drop = (): void => {
    server.closeAllConnections();
  };
  return { page, url: `http://127.0.0.1:${port}`, port, drop };
}

/** Like a browser, which keeps its connection alive. `fetch` lets nobody choose the Host. */
export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const request = httpRequest(url, { headers: { connection: 'keep-alive', ...headers }, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

export class LiveReader {
  private constructor(
    readonly status: number,
    private readonly reader: ReadableStreamDefaultReader<EventSourceMessage> | undefined,
    private readonly stopper: AbortController,
  ) {}

  static async open(
    url: string,
    started: Started,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LiveReader> {
    const stopper = new AbortController();
    const { status, body } = await fetch(`${url}/live/events`, { headers, signal: stopper.signal });
    const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    const reader = new LiveReader(status, events?.getReader(), stopper);
    started.add({
      close: async () => {
        reader.close();
        return Promise.resolve();
      },
    });
    return reader;
  }

  /** The next event, or `undefined` at the end. */
  async next(): Promise<EventSourceMessage | undefined> {
    const read = await this.reader?.read();
    return read?.value;
  }

  async take(count: number): Promise<EventSourceMessage[]> {
    const events: EventSourceMessage[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) throw new Error(`the stream ended after ${events.length} events`);
      events.push(event);
    }
    return events;
  }

  close(): void {
    this.stopper.abort();
  }
}

export function dataOf(event: EventSourceMessage | undefined): Record<string, unknown> {
  return JSON.parse(event?.data ?? 'null') as Record<string, unknown>;
}
