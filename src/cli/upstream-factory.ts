import { basename } from 'node:path';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import type { UpstreamRequest } from '../proxy/options.js';
import type { TransportLike } from '../transport-like.js';
import { ChildTransport } from '../backends/stdio/child-transport.js';
import { Children } from '../backends/stdio/process-groups.js';
import { HttpTransport } from '../backends/http/http-transport.js';
import type { Logs } from './logs.js';
import type { UpstreamSpec } from './options.js';
import type { Secrets } from './secrets.js';

type UrlSpec = Exclude<UpstreamSpec, { readonly kind: 'command' }>;

/** A shorter path is the name of an endpoint, like `/mcp`, and may stand in other words. */
const MIN_SECRET_PATH = 12;

/** Makes the connections to the server that is served: one for each session. */
export class UpstreamFactory {
  readonly #children = new Children();
  readonly #onStderr = (name: string, pid: number, line: string): void => {
    this.logs.ofUpstream(name, pid, line);
  };

  constructor(
    private readonly spec: UpstreamSpec,
    private readonly logs: Logs,
  ) {
    if (spec.kind === 'command') {
      for (const value of Object.values(spec.env)) this.#hideText(value);
      return;
    }
    // Some hosts put the credential into the path.
    if (spec.url.pathname.length >= MIN_SECRET_PATH) logs.hide(spec.url.pathname);
    for (const secret of spec.headers.flatMap(secretsIn)) logs.hide(secret);
    for (const [, value] of spec.url.searchParams) logs.hide(value);
    logs.hide(spec.url.search);
  }

  /** What is served, for people: no arguments, path or query, for they may hold credentials. */
  get name(): string {
    if (this.spec.kind === 'command') return basename(this.spec.command);
    return this.spec.url.origin;
  }

  /** A new, unstarted connection. */
  readonly connect = (request: UpstreamRequest): TransportLike =>
    this.spec.kind === 'command'
      ? new ChildTransport(this.spec, this.#onStderr, this.#children)
      : this.#reach(this.spec, request);

  /** Ends every process at once, without asking. */
  readonly abandon = (): void => {
    this.#children.kill();
  };

  #reach({ kind, url, headers, passHeaders }: UrlSpec, request: UpstreamRequest): TransportLike {
    const sent = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
    const passed = passHeaders.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    for (const [name, value] of passed) sent.set(name, value);
    const own = Object.fromEntries(sent);
    const secrets = passed.flatMap(secretsIn);
    const hidden = (): Secrets => this.logs.secretsFor(secrets);
    const transport: TransportLike =
      kind === 'url'
        ? new HttpTransport(url, { headers: own, redactCut: (text) => hidden().redactCut(text) })
        : new SSEClientTransport(url, { requestInit: { headers: own } });
    // Its values are the client's, who might hide any word in the logs of all: no longer than the session lasts.
    transport.onclose = this.logs.hideForNow(secrets);
    return discreet(transport, (text) => hidden().redact(text));
  }

  /** What it holds may be printed line by line. */
  #hideText(value: string): void {
    for (const secret of [value, ...value.split(/\r?\n/)]) this.logs.hide(secret);
  }
}

/** Of a header: `Bearer abc` whole, and without its scheme. */
function secretsIn([, value]: readonly [name: string, value: string]): readonly string[] {
  return [value, value.slice(value.lastIndexOf(' ') + 1)];
}

/** The client is told why a message could not be sent: a server's page of errors may repeat our credentials. */
function discreet<T extends TransportLike>(transport: T, redact: (text: string) => string): T {
  const discreetly = async (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      if (error instanceof Error) error.message = redact(error.message);
      throw error;
    });
  const [start, send] = [transport.start.bind(transport), transport.send.bind(transport)];
  transport.start = async () => discreetly(start());
  transport.send = async (...args) => discreetly(send(...args));
  return transport;
}
