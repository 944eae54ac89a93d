import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import type { BackchannelOptions } from '../options.js';
import type { RouteEvent } from '../interceptor/events.js';
import type { ModernSessions } from '../modern/pool.js';
import type { ModernRelay, RelayedAsk } from '../modern-relay.js';
import type { Carrier } from '../proxy-carrier.js';
import type { ProxyEvent } from '../proxy-events.js';
import type { OpenCall } from './open-calls.js';
import type { RoundEvent } from '../modern/round-events.js';
import type { TransportLike } from '../transport-like.js';

/** The client for whose session a backend is connected. */
export interface UpstreamRequest {
  /** The headers of the client's `initialize` request, or of the request for which the session is adopted. */
  readonly headers: Headers;
  /**
   * Only with a cluster: the transport must go on with this session, and send no `initialize`. The SDK's
   * `StreamableHTTPClientTransport` takes its id as the option `sessionId`. The proxy does the rest.
   */
  readonly adopted?: AdoptedSession | undefined;
  /** Aborted when the session ends before the backend is connected. */
  readonly signal: AbortSignal;
}

/** A session that a backend over HTTP has with another node, and with which this node goes on. */
export interface AdoptedSession {
  /** The backend's id of the session. */
  readonly sessionId: string;
  readonly protocolVersion: string;
  /** The last event that the other node has read on the standalone stream. */
  readonly lastEventId?: string | undefined;
}

/** The HTTP answer of a backend that refuses a message. */
export interface BackendRefusal {
  readonly status: number;
  /** `www-authenticate`, `retry-after` and `content-type`, if the answer has them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Options of `createStatefulProxy()`. */
export interface StatefulProxyOptions {
  /** Makes a new, unstarted transport to the backend for each session. */
  readonly upstream: (request: UpstreamRequest) => TransportLike | Promise<TransportLike>;
  /**
   * Maximum number of sessions at once. One more is refused with 503, or with a JSON-RPC error if others took the last
   * place while its `initialize` was being read. A request whose body has not arrived is not a session yet. The HTTP
   * server limits how long the body may take (`requestTimeout` of `node:http`). @default 1000
   */
  readonly maxSessions?: number | undefined;
  /**
   * Maximum number of requests in flight per session. One more is answered with an error and is not forwarded. A
   * cancelled request counts until the backend answers it, for at most five seconds. The same limit applies to open
   * server requests. @default 1000
   */
  readonly maxInFlight?: number | undefined;
  /**
   * Ends a session whose client has held no connection for this many milliseconds. `0` means never. An open stream of
   * either kind is a connection. A running request whose client went away does not keep the session open, because nobody
   * could receive the answer. @default 1_800_000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Forwards one call at a time per session; the others wait in order. Attribution is then exact even if the backend
   * names no call. The client must be able to answer the server requests of a call without making a second call. A
   * cancelled call keeps its turn until the backend answers it, for at most five seconds. Implies
   * `attribution: 'context'`. @default false
   */
  readonly serialize?: boolean | undefined;
  /**
   * Hosts that clients may address, in addition to the loopback names: `example.com` (any port), `example.com:3000`,
   * `*.example.com` or `*`. `*` turns off the protection against DNS rebinding. @default none
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins from which browsers may call, in addition to loopback ones. @default none */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Bearer token that clients must present. @default none */
  readonly token?: string | undefined;
  /**
   * Headers that identify the client, in addition to `authorization`. A session is bound to the values that opened it.
   * Clients must send the same values with every request; others get 404. @default none
   */
  readonly credentialHeaders?: readonly string[] | undefined;
  /**
   * Request headers that are passed on to the backend with the messages of the request, as `headers` in the options of
   * the transport's `send()`. List headers that identify the client in `credentialHeaders` too. @default none
   */
  readonly passHeaders?: readonly string[] | undefined;
  /**
   * Headers that differ between the requests of one client. Calls of a modern client may have the same session with the
   * backend though these differ. Well-known ones need not be listed, such as `traceparent` and `dpop`. @default none
   */
  readonly varyHeaders?: readonly string[] | undefined;
  /**
   * If `passHeaders` contains `authorization`, a session accepts a newer token that its backend accepts, provided both
   * tokens are JSON Web Tokens that name the same user (`iss` and `sub`). With `rebind`, a token that names no user needs
   * only the backend's consent. The backend must then keep users out of each other's sessions. @default false
   */
  readonly rebind?: boolean | undefined;
  /**
   * Called when the backend refuses a message with 401, with 403, or with a header that the client can act on. Returns the
   * HTTP answer for the client, or `undefined` for a JSON-RPC error. With this option, the answer to a POST begins only
   * when the backend has taken the message, or after ten seconds. A transport reports a refusal by an error with a
   * `status`, or with a `code` that is an HTTP status. @default always a JSON-RPC error
   */
  readonly relayRefusal?:
    ((refusal: BackendRefusal, request: { readonly headers: Headers }) => BackendRefusal | undefined) | undefined;
  /** Answers CORS preflights and exposes the session header to allowed origins. @default false */
  readonly cors?: boolean | undefined;
  /**
   * Answers each POST with one JSON body instead of an event stream. Only the responses fit into it, so that every other
   * message for the client needs its GET stream. Without one, a server request is refused after
   * `backchannel.parkTimeoutMs`, and progress of a call is reported as lost. @default false
   */
  readonly enableJsonResponse?: boolean | undefined;
  /**
   * Makes an event store, so that clients can resume streams. Called once per session. `signal` is aborted when the
   * session is over and its events are no longer needed. @default none
   */
  readonly eventStore?: ((session: { readonly signal: AbortSignal }) => unknown) | undefined;
  /**
   * Maximum size of a POST body, in bytes. If a framework parsed the body and its length was not given, the size of its
   * JSON without spaces counts. The framework itself must limit how much it reads. @default 4_194_304
   */
  readonly maxBodyBytes?: number | undefined;
  /**
   * How many bytes may wait for a client that does not read. Then the stream that is written to is destroyed, and its
   * senders are told (`SLOW_CLIENT`). For `fetch`, it holds for clients of revision 2026-07-28 only.
   * @default 8_388_608
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * The nodes that share sessions behind a load balancer, see `mcp-backchannel/cluster`. A request of a session that is
   * on another node is passed on to that node's `innerListener`. Join the cluster when the listeners are open, and leave
   * it when the proxy is closed. @default none: the sessions of this proxy are found here only
   */
  readonly cluster?: Cluster | undefined;
  /**
   * Serves clients of revision 2026-07-28, which has no sessions. What the backend wants to know from the user becomes an
   * `input_required` result. With `false`, such clients are refused, and fall back to an earlier revision if they can.
   * @default true
   */
  readonly modern?: boolean | undefined;
  /**
   * Which calls of such clients have the same session with the backend. With `lease`, a call has one for itself, and
   * leaves it to the next call with the same credential and client capabilities. With `shared`, calls with the same
   * credential and capabilities share one, and calls without a credential are leased. With `call`, each has a new one.
   * @default 'lease'
   */
  readonly modernSessions?: ModernSessions | undefined;
  /**
   * Says what reaches the backend without translation, if that is of revision 2026-07-28. Messages of clients of that
   * revision are then passed on unchanged, without sessions. It is asked for each message.
   * @default the backend is of an earlier revision
   */
  readonly modernBackend?:
    ((message: RelayedAsk) => ModernRelay | undefined | Promise<ModernRelay | undefined>) | undefined;
  /** Adds to the messages that are passed on, such as the trace that they belong to. @default nothing is added */
  readonly carrier?: Carrier | undefined;
  /** Options for the back-channel of each session. */
  readonly backchannel?: BackchannelOptions | undefined;
  /** Called for errors without a caller, including client mistakes and answers that nobody received. @default none */
  readonly onerror?: ((error: Error) => void) | undefined;
}

/** A proxy that serves a backend over Streamable HTTP and gives each client its own backend session. */
export interface StatefulProxy {
  /** For `node:http`: `createServer(proxy.listener)`. Answers every request, whatever its path. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** For Express and Connect. If the body is already parsed, it is taken from `request.body`. */
  readonly middleware: (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
  /**
   * For anything that has `Request` and `Response`: Hono, Deno, Bun, workers. A session opened through this entry is not
   * found through the `node:http` ones, nor the other way round.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * For the other nodes of the cluster: `createServer(proxy.innerListener)`, on a port that clients cannot reach. It takes
   * only requests that a node of the cluster has signed. Leave the `keepAliveTimeout` of its server at 5 s or longer:
   * nodes use a connection again for 1.5 s, and a shorter one closes it under a request. Without `cluster` it takes none.
   */
  readonly innerListener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Reports what happened to each server-initiated message, in all sessions. */
  readonly routes$: Observable<RouteEvent>;
  /** Reports each round of input of clients of revision 2026-07-28 that is served by a legacy backend. */
  readonly rounds$: Observable<RoundEvent>;
  /**
   * Tells everything that happens: calls, questions, sessions, backends, and what has had no answer for long. What began
   * before anybody watched is not told of when it ends. Subscribe before the first client comes to see all of it.
   */
  readonly events$: Observable<ProxyEvent>;
  /** The calls that have no answer yet, and whose turn it is, of those that began while somebody watched `events$`. */
  openCalls(): Iterable<OpenCall>;
  /** The current numbers. */
  snapshot(): ProxySnapshot;
  /**
   * Accepts no more sessions or calls, passes new sessions on to other nodes, gives calls in flight at most `graceMs` to finish, then closes every session.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface ProxySnapshot {
  readonly sessions: number;
  /** Client requests in flight, in all sessions, and those that were passed on without one. */
  readonly inFlight: number;
  /** Server-initiated messages that wait for a stream, in all sessions. */
  readonly parked: number;
  /** Calls of clients without sessions that wait for answers of their clients. */
  readonly suspended: number;
  /** Sessions with the backend, of the above, that calls of clients without sessions have at this moment. */
  readonly leased: number;
  /**
   * Bytes that wait because clients do not read, of all that came through `listener` and `middleware`. `maxBufferedBytes`
   * limits them for each session, and for each answer to a client without one.
   */
  readonly bufferedBytes: number;
}
