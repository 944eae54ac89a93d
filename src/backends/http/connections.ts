import { Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { proxiesFor } from './proxy-environment.js';
import type { RequestHeaders } from './http-answer.js';

/** We close idle connections before the server does: most servers do after five seconds, some without announcing it. */
const IDLE_TIMEOUT_MS = 4_000;

const CONNECT_TIMEOUT_MS = 30_000;

/**
 * The connections to HTTP servers. Sessions that send the same headers share theirs: a session that is idle then costs no
 * connection. Others do not, since some servers take whoever opened a connection for the sender of all that comes on it.
 */
export class HttpConnections {
  readonly #shared = new Map<string, SharedConnections>();

  /** The connections to this server, to be released once. @param identity from `identityIn()` */
  share(server: URL, identity: string): SharedConnections {
    const key = `${server.origin} ${identity}`;
    const shared = this.#shared.get(key) ?? new SharedConnections(server, () => this.#shared.delete(key));
    this.#shared.set(key, shared);
    shared.join();
    return shared;
  }
}

/** What the headers of a request say of its sender. Equal for equal senders. */
export function identityIn(headers: RequestHeaders): string {
  const names = Object.keys(headers).filter((name) => !OF_ONE_REQUEST.test(name));
  return JSON.stringify(names.sort().map((name) => [name, headers[name]]));
}

const OF_ONE_REQUEST = /^(?:accept|accept-encoding|content-type|last-event-id|user-agent|mcp-.*)$/;

type Kind = 'streams' | 'calls';

// undici looks through all connections for one that is free. Those of standalone streams never are.
function kindOf({ method }: Pick<Dispatcher.DispatchOptions, 'method'>): Kind {
  return method === 'GET' ? 'streams' : 'calls';
}

/** Connections that some sessions have in common. */
export class SharedConnections {
  #users = 0;
  readonly #unanswered: Record<Kind, number> = { streams: 0, calls: 0 };
  readonly #agents: Partial<Record<Kind, Dispatcher>> = {};

  constructor(
    private readonly server: Pick<URL, 'hostname'>,
    private readonly unused: () => void,
  ) {}

  /** One more session uses them. It releases them once. */
  join(): void {
    this.#users++;
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const kind = kindOf(request);
    this.#unanswered[kind]++;
    // A call may take any time, and a stream may be silent for hours.
    const patient = { ...request, headersTimeout: 0, bodyTimeout: 0 };
    (this.#agents[kind] ??= this.#agent(kind)).dispatch(patient, handler);
  }

  /** A request has its answer, or gets none. If all have, no connection is needed. */
  answered(request: Pick<Dispatcher.DispatchOptions, 'method'>): void {
    this.#unanswered[kindOf(request)]--;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.unused();
    for (const agent of Object.values(this.#agents)) void agent.destroy();
  }

  #agent(kind: Kind): Dispatcher {
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
    const options: Agent.Options = {
      // undici replaces a connection that we end, even if no request needs the new one.
      connect: (asked, callback) => {
        if (this.#unanswered[kind] > 0) connect(asked, callback);
        else callback(new Error('no request needs a connection'), null);
      },
      keepAliveTimeout: IDLE_TIMEOUT_MS,
    };
    const proxies = proxiesFor(this.server);
    // Most proxies allow no tunnel to a server without TLS.
    return proxies.httpProxy === '' && proxies.httpsProxy === ''
      ? new Agent(options)
      : new EnvHttpProxyAgent({ ...options, ...proxies, proxyTunnel: false });
  }
}
