/** A stateful proxy over real HTTP, with its backend and its clients, set up and torn down together. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StatefulProxy, StatefulProxyOptions } from 'mcp-backchannel/proxy';
import type { RouteEvent } from 'mcp-backchannel';
import { afterEach, expect } from 'vitest';
import { StrictClient, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { answersOf } from '../support/stage.js';
import { Unanswered } from '../support/unanswered.js';
import { startUpstream, type UpstreamKind } from '../support/upstreams.js';
import { openProxy } from './nodes.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

export interface ProxyStage {
  readonly url: string;
  readonly proxy: StatefulProxy;
  readonly http: Server;
  readonly errors: Error[];
  readonly routes: RouteEvent[];
  /** A client with a session of its own. */
  connect(name?: string, options?: StrictClientOptions): Promise<StrictClient>;
  /** A client that has said nothing yet. */
  client(name?: string, options?: StrictClientOptions): StrictClient;
}

/** Serves a listener on a free port of loopback. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
}

/** What is opened with it is closed after each test, the last first. */
export function closers(): (close: () => unknown) => void {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  return (close) => {
    opened.push(close);
  };
}

/** Opens proxies that are closed after each test, and then hold nothing any more: no session, and no request. */
export function proxies(
  defaults: Omit<StatefulProxyOptions, 'upstream'> = {},
): (
  upstream: UpstreamKind | StatefulProxyOptions['upstream'],
  options?: Omit<StatefulProxyOptions, 'upstream'>,
) => Promise<ProxyStage> {
  const closing = closers();
  return async (upstream, options) => {
    let connect = upstream;
    if (typeof connect === 'string') {
      const backend = await startUpstream(connect);
      closing(() => backend.close());
      connect = () => backend.connect();
    }
    const errors: Error[] = [];
    const routes: RouteEvent[] = [];
    const proxy = await openProxy({
      onerror: (error) => errors.push(error),
      ...defaults,
      ...options,
      upstream: connect,
    });
    proxy.routes$.subscribe((event) => routes.push(event));
    const http = createServer(proxy.listener);
    const unanswered = new Unanswered();
    http.on('request', unanswered.add);
    const url = await listen(http);
    closing(async () => {
      await proxy.close();
      try {
        expect(proxy.snapshot()).toEqual(NOTHING_OPEN);
        await expect.poll(() => unanswered.list, { timeout: 5_000 }).toEqual([]);
      } finally {
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      }
    });
    const client = (name = 'client', clientOptions: StrictClientOptions = {}): StrictClient => {
      const created = new StrictClient(url, { answers: answersOf(name), ...clientOptions });
      closing(() => {
        created.vanish();
      });
      return created;
    };
    return {
      url,
      proxy,
      http,
      errors,
      routes,
      client,
      async connect(name, clientOptions) {
        const created = client(name, clientOptions);
        await created.initialize();
        return created;
      },
    };
  };
}
