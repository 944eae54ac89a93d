import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import type { UpstreamRequest } from '../proxy/options.js';
import type { TransportLike } from '../transport-like.js';
import { ChildTransport, type ChildCommand } from '../backends/stdio/child-transport.js';
import { faultIn } from '../backends/stdio/find-command.js';
import { Children } from '../backends/stdio/process-groups.js';
import { textOf } from '../errors.js';
import { proxiesFor, secretsOf, type Proxies } from '../backends/http/proxy-environment.js';
import { HttpRefusal } from '../http-refusal.js';
import type { Logs } from './logs.js';
import type { UpstreamSpec } from './options.js';
import type { Secrets } from './secrets.js';
import { serverNameOf } from './server-name.js';
import { UsageError } from './usage-error.js';

type UrlSpec = Exclude<UpstreamSpec, { readonly kind: 'command' }>;

/** Not before it is needed: a server that we run has no use for an HTTP client. */
const loadHttp = () => import('../backends/http/index.js');

/** A shorter path is the name of an endpoint, like `/mcp`, and may stand in other words. */
const MIN_SECRET_PATH = 12;

export interface UpstreamFactoryOptions {
  /** What logs call the server. @default its package or file, or the origin of its URL */
  readonly name?: string | undefined;
  /** Whether a session outlives that of a server over HTTP: for a client that cannot begin another by itself. */
  readonly renews?: boolean;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
  /** Whether errors quote what a server writes to stdout that is no message. */
  readonly quotesStdout?: boolean;
}

/** Makes the connections to the server that is served: one for each session. */
export class UpstreamFactory {
  readonly #children = new Children();

  constructor(
    private readonly spec: UpstreamSpec,
    private readonly logs: Logs,
    private readonly options: UpstreamFactoryOptions = {},
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
    for (const secret of secretsOf(this.#proxiesFor(spec))) logs.hide(secret);
  }

  /** What people call the server that is served. No argument, path or query that may hold a credential is in it. */
  get name(): string {
    const { name } = this.options;
    if (name !== undefined) return name;
    return this.spec.kind === 'command' ? serverNameOf(this.spec.command, this.spec.args) : this.spec.url.origin;
  }

  /** @throws UsageError when the command cannot be found: better now than for each client */
  mustExist(): void {
    const fault = this.spec.kind === 'command' ? faultIn(this.spec) : undefined;
    if (fault !== undefined) throw new UsageError(fault);
  }

  /** A new, unstarted connection. */
  readonly connect = (request: UpstreamRequest): TransportLike | Promise<TransportLike> =>
    this.spec.kind === 'command' ? this.#run(this.spec) : this.#reach(this.spec, request);

  /** Ends every process at once, without asking. */
  readonly abandon = (): void => {
    this.#children.kill();
  };

  #run(command: ChildCommand): TransportLike {
    const { name, logs } = this;
    return new ChildTransport({
      ...command,
      name,
      children: this.#children,
      maxMessage: this.options.maxMessage,
      quotesStdout: this.options.quotesStdout ?? false,
      redactCut: (text) => logs.secretsFor([]).redactCut(text),
      cutStderr: logs.cut,
      onStderr: (line, pid) => {
        logs.ofUpstream(name, pid, line);
      },
    });
  }

  async #reach({ kind, url, headers, passHeaders }: UrlSpec, request: UpstreamRequest): Promise<TransportLike> {
    const fixed = Object.fromEntries(new Headers(headers.map(([name, value]): [string, string] => [name, value])));
    const passed = passHeaders.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const own = { headers: fixed, passed: Object.fromEntries(passed) };
    const secrets = passed.flatMap(secretsIn);
    const hidden = (): Secrets => this.logs.secretsFor(secrets);
    // Its values are the client's, who might hide any word in the logs of all: no longer than the session lasts.
    const show = this.logs.hideForNow(secrets);
    const { HttpTransport, RenewingTransport, fetchThrough } = await loadHttp();
    const reach = (): InstanceType<typeof HttpTransport> =>
      new HttpTransport(url, {
        ...own,
        maxMessage: this.options.maxMessage,
        redactCut: (text) => hidden().redactCut(text),
      });
    const transport: TransportLike =
      kind === 'url'
        ? this.options.renews === true
          ? new RenewingTransport(reach)
          : reach()
        : new SSEClientTransport(url, {
            fetch: fetchThrough(url),
            requestInit: { headers: { ...own.headers, ...own.passed } },
          });
    transport.onclose = show;
    return discreet(transport, (text) => hidden().redact(text));
  }

  /** @throws UsageError when the environment names a proxy that is none */
  #proxiesFor({ url }: UrlSpec): Proxies {
    try {
      return proxiesFor(url);
    } catch (error) {
      throw new UsageError(textOf(error));
    }
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
      if (error instanceof HttpRefusal) error.body = redact(error.body);
      throw error;
    });
  const [start, send] = [transport.start.bind(transport), transport.send.bind(transport)];
  transport.start = async () => discreetly(start());
  transport.send = async (...args) => discreetly(send(...args));
  return transport;
}
