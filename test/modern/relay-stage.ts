/** A proxy that passes calls of modern clients on to a real modern server without a session. */
import { createServer } from 'node:http';
import {
  createStatefulProxy,
  type ProxyEvent,
  type StatefulProxy,
  type StatefulProxyOptions,
} from 'mcp-backchannel/proxy';
import { HttpConnections } from '../../src/backends/http/index.js';
import { HttpRelay } from '../../src/backends/modern/index.js';
import { closers, listen } from '../proxy/support.js';
import { modernServer, type ModernServer, type ModernServerOptions } from './modern-server.js';

export interface RelayStage {
  readonly url: string;
  readonly proxy: StatefulProxy;
  readonly backend: ModernServer;
  readonly events: ProxyEvent[];
}

export function relays(): (
  options?: Partial<StatefulProxyOptions>,
  intercept?: ModernServerOptions['intercept'],
) => Promise<RelayStage> {
  const closing = closers();
  return async (options = {}, intercept) => {
    const backend = await modernServer({ intercept });
    closing(() => backend.close());
    const relay = new HttpRelay(new URL(backend.url), {
      connections: new HttpConnections(),
      headers: {},
      passHeaders: [],
      credentialHeaders: [],
      hide: () => ({ redactCut: (text) => text, redacted: (error) => error, end: () => undefined }),
    });
    const upstream = (): never => {
      throw new Error('no session is needed');
    };
    const proxy = createStatefulProxy({ upstream, modernBackend: () => relay, ...options });
    const events: ProxyEvent[] = [];
    proxy.events$.subscribe((event) => events.push(event));
    const http = createServer(proxy.listener);
    const url = await listen(http);
    closing(async () => {
      await proxy.close();
      http.closeAllConnections();
      http.close();
    });
    return { url, proxy, backend, events };
  };
}
