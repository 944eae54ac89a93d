import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { asError } from '../errors.js';
import { FAILED, type Answer } from '../proxy/own-answers.js';
import type { Guard, Incoming } from '../proxy/guard.js';
import { incomingOf } from '../proxy/node-listener.js';
import type { StatefulProxy } from '../proxy/options.js';
import { http } from './node-http.js';

/** How long a request may take to arrive, head and body. Answers have no time limit. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 } as const;

/** Probes a silent connection. A client that vanished without closing it would keep its session for ever. */
const KEEPALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'this port needs more rights',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such address',
};

/** What `/healthz` says of a node of a cluster. */
export interface ClusterHealth {
  readonly node: string;
  /** The live nodes, this one included. */
  readonly nodes: number;
  /** Without its engine, a cluster goes on as it was. */
  readonly engine: 'up' | 'down';
}

export interface EndpointOptions {
  readonly proxy: Pick<StatefulProxy, 'listener' | 'snapshot'>;
  readonly metrics: () => Promise<Registry>;
  readonly path: string;
  /** Who may read `/metrics`. Anyone may read `/healthz`, which shows only numbers: health checks have no token. */
  readonly guard: Pick<Guard, 'check'>;
  /** Answers requests for `/.well-known/` documents, by path. Returns `undefined` if there is no such document. */
  readonly wellKnown?: ((path: string, incoming: Incoming) => Promise<Answer> | undefined) | undefined;
  /** Serves `/live` and what is below it, with guards of its own. */
  readonly live?: ((request: IncomingMessage, response: ServerResponse, path: string) => void) | undefined;
  /** Whether the process is shutting down. */
  readonly isClosing: () => boolean;
  /** Only of a node of a cluster. It drains while it is shutting down: other nodes get the new sessions. */
  readonly cluster?: (() => ClusterHealth) | undefined;
  readonly onerror: (error: Error) => void;
  /**
   * How long an idle connection is kept, in milliseconds; `0` means no limit. @default 75_000, because load balancers
   * reuse connections for up to a minute
   */
  readonly keepAliveTimeout?: number;
  readonly timeouts?: Readonly<Record<keyof typeof TIMEOUTS, number>> | undefined;
}

/** Serves the MCP endpoint, `/healthz`, `/metrics`, `/live` and the well-known documents. Any other path gets 404. */
export function createEndpoint(options: EndpointOptions): Server {
  const { onerror, keepAliveTimeout = 75_000, timeouts = TIMEOUTS } = options;
  return http.createServer({ ...timeouts, ...KEEPALIVE, keepAliveTimeout }, (request, response) => {
    try {
      handle(options, request, response);
    } catch (error) {
      // One bad request must not end the process, and all sessions with it.
      onerror(asError(error));
      if (response.headersSent) response.destroy();
      else pass(response, FAILED);
    }
  });
}

function handle(options: EndpointOptions, request: IncomingMessage, response: ServerResponse): void {
  const { proxy, metrics, path, guard, isClosing } = options;
  let refusal: Answer | undefined;
  const asked = pathOf(request);
  const document = asked.startsWith('/.well-known/') ? options.wellKnown?.(asked, incomingOf(request)) : undefined;
  if (document !== undefined) {
    document.then(
      (one) => pass(response, request.method === 'HEAD' ? { ...one, body: null } : one),
      (error: unknown) => {
        options.onerror(asError(error));
        pass(response, FAILED);
      },
    );
    return;
  }
  if (options.live !== undefined && /^\/live(\/|$)/.test(asked)) {
    options.live(request, response, asked);
    return;
  }
  switch (asked) {
    case withoutSlash(path):
      proxy.listener(request, response);
      return;
    case '/healthz':
      if (!isRead(request, response)) return;
      answer(response, isClosing() ? 503 : 200, healthOf(options));
      return;
    case '/metrics':
      if (!isRead(request, response)) return;
      refusal = guard.check(incomingOf(request));
      if (refusal !== undefined) {
        pass(response, refusal);
        return;
      }
      showMetrics(metrics, response).catch(() => {
        answer(response, 500, { error: 'no metrics' });
      });
      return;
    default:
      answer(response, 404, { error: 'not found', ...hintFor(options, request) });
  }
}

function healthOf({ isClosing, cluster, proxy }: EndpointOptions): object {
  const closing = cluster === undefined ? 'closing' : 'draining';
  return { status: isClosing() ? closing : 'ok', ...proxy.snapshot(), ...cluster?.() };
}

async function showMetrics(metrics: EndpointOptions['metrics'], response: ServerResponse): Promise<void> {
  const registry = await metrics();
  const text = await registry.metrics();
  response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
}

/** A longer path may have been chosen so that nobody can guess it. It is not shown. */
const MAX_SHOWN_PATH = 12;

/** Tells clients with access where the endpoint is. People try `/` and `/sse` first. */
function hintFor({ path, guard }: EndpointOptions, request: IncomingMessage): { readonly hint?: string } {
  if (path.length > MAX_SHOWN_PATH || guard.check(incomingOf(request)) !== undefined) return {};
  return { hint: `the MCP endpoint (Streamable HTTP) is at ${path}` };
}

/** A server for the other nodes of a cluster. */
export function createInnerServer(listener: RequestListener): Server {
  return http.createServer({ ...TIMEOUTS, ...KEEPALIVE }, listener);
}

/** Starts to listen. Resolves with the URL of `path`. @param host every address, if it is not given */
export async function listen(server: Server, port: number, host: string | undefined, path = ''): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}${path}`;
}

/** Why `listen()` has failed. */
export function listenFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return LISTEN_FAULTS[code] ?? message;
}

/** Lets answers that are being written finish, then ends every connection after `graceMs`. */
export async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // Those that are idle are closed by now. Those that will be must not be waited for.
  server.keepAliveTimeout = 1;
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}

/** The path of a request. A client that takes us for a forward proxy sends the whole URL. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const [path = ''] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  return withoutSlash(path);
}

/** A slash at the end of a path makes no difference. */
function withoutSlash(path: string): string {
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : path;
}

function isRead({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.setHeader('Allow', 'GET, HEAD');
  answer(response, 405, { error: 'method not allowed' });
  return false;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function pass(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
