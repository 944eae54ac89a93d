import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { BackchannelOptions } from '../options.js';
import type { RouteEvent } from '../interceptor/events.js';
import type { TransportLike } from '../transport-like.js';

/** What is known of the client when its session's backend is connected. */
export interface UpstreamRequest {
  /** The headers of the client's `initialize` request. */
  readonly headers: Headers;
  /** Aborted when the session ends before the backend is connected. */
  readonly signal: AbortSignal;
}

/** The answer of a backend over HTTP that refuses a message. */
export interface BackendRefusal {
  readonly status: number;
  /** `www-authenticate`, `retry-after` and `content-type`, as far as it has them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Options of `createStatefulProxy()`. */
export interface StatefulProxyOptions {
  /** A new, unstarted transport to the backend: one for each session. */
  readonly upstream: (request: UpstreamRequest) => TransportLike | Promise<TransportLike>;
  /**
   * How many sessions there may be at once; one more is refused with 503, or, where others took the last
   * place while its `initialize` was being read, with a JSON-RPC error. A request whose body has not come
   * yet is no session: how long that may take is up to the server (`requestTimeout` of `node:http`).
   * @default 1000
   */
  readonly maxSessions?: number | undefined;
  /**
   * How many requests of one session may be in flight at once; one more is answered with an error, and the
   * backend does not hear of it. One that the client took back counts until the backend answers it, for five
   * seconds at most. As many questions of the backend may be open. @default 1000
   */
  readonly maxInFlight?: number | undefined;
  /**
   * Ends a session whose client has held no connection for so long, in milliseconds; `0`: never. An open
   * stream of either kind is a connection. A request whose client went away does not keep the session:
   * nobody could be told its answer. @default 1_800_000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * One call at a time per session, so that attribution is exact where the backend names no call; the others wait in
   * order. A client must not need a second call to answer a question of the first. One that the client took
   * back keeps its turn until the backend answers it, for five seconds at most. Implies
   * `attribution: 'context'`. @default false
   */
  readonly serialize?: boolean | undefined;
  /**
   * Hosts that clients may address, in addition to the loopback names: `example.com` (any port), `example.com:3000`,
   * `*.example.com`, or `*`, which gives up the protection from DNS rebinding. @default none
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins that browsers may call from, in addition to loopback ones. @default none */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Bearer token that clients must present. @default none */
  readonly token?: string | undefined;
  /**
   * Headers that say who the client is, in addition to `authorization`: a session is only found with the same
   * values that opened it, which clients must therefore send with every request. @default none
   */
  readonly credentialHeaders?: readonly string[] | undefined;
  /**
   * Headers of each request that its backend gets with the messages of that request, as `headers` in the options of the
   * transport's `send()`. Those that say who the client is belong into `credentialHeaders` as well. @default none
   */
  readonly passHeaders?: readonly string[] | undefined;
  /**
   * With `authorization` among `passHeaders`, a session goes on with a newer token that its backend accepts, if both are JSON
   * Web Tokens that name the same user (`iss` and `sub`). With `rebind`, the word of the backend is enough, also for tokens that
   * name nobody: so the backend must not let one user into the session of another. @default false
   */
  readonly rebind?: boolean | undefined;
  /**
   * Lets a client hear over HTTP that its backend refuses a message: with 401, with 403, or with a header to act on. Gets the
   * refusal and returns what the client is answered; `undefined`: a JSON-RPC error. For that, the answer to a POST does not
   * begin before the backend has taken what was posted, or ten seconds have passed. Errors of the transport tell a refusal
   * by their `status`, or by a `code` that is one. @default always a JSON-RPC error
   */
  readonly relayRefusal?:
    ((refusal: BackendRefusal, request: { readonly headers: Headers }) => BackendRefusal | undefined) | undefined;
  /** Answers CORS preflights and exposes the session header to allowed origins. @default false */
  readonly cors?: boolean | undefined;
  /**
   * Keeps events, so that clients can resume streams. Called once per session; `signal` is aborted when
   * the session is over, and its events need not be kept. @default none
   */
  readonly eventStore?: ((session: { readonly signal: AbortSignal }) => unknown) | undefined;
  /**
   * The largest body of a POST, in bytes; of one that a framework has parsed before, of its JSON without
   * spaces where its length was not told. What the framework itself reads is for it to limit.
   * @default 4_194_304
   */
  readonly maxBodyBytes?: number | undefined;
  /** Options of the back-channel of each session. */
  readonly backchannel?: BackchannelOptions | undefined;
  /** Told of each error that has no caller: what clients did wrong, too, and answers nobody was left to take. @default none */
  readonly onerror?: ((error: Error) => void) | undefined;
}

/** A proxy that serves a backend over Streamable HTTP, each client with a backend session of its own. */
export interface StatefulProxy {
  /** For `node:http`: `createServer(proxy.listener)`. Answers every request, whatever its path. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** For Express and Connect; a body that was parsed already is taken from `request.body`. */
  readonly middleware: (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
  /**
   * For anything that has `Request` and `Response`: Hono, Deno, Bun, workers. A session belongs to the
   * kind of entry that opened it, `node:http` or this one; the other does not find it.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What became of each server-initiated message, of all sessions. */
  readonly routes$: Observable<RouteEvent>;
  /** What there is at this moment. */
  snapshot(): ProxySnapshot;
  /**
   * Accepts no more sessions and calls, lets calls in flight finish for at most `graceMs`, then closes
   * every session.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface ProxySnapshot {
  readonly sessions: number;
  /** Client requests in flight, in all sessions. */
  readonly inFlight: number;
  /** Server-initiated messages that wait for a stream, in all sessions. */
  readonly parked: number;
}
