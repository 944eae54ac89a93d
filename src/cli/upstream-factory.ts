import type { StatefulProxyOptions, UpstreamRequest } from '../proxy/options.js';
import type { PipeRelay } from '../backends/modern/relay-pipe.js';
import type { ModernRelay } from '../modern-relay.js';
import type { TransportLike } from '../transport-like.js';
import { AutoPipe } from '../backends/modern/auto-pipe.js';
import { ChildTransport, type ChildCommand } from '../backends/stdio/child-transport.js';
import { faultIn } from '../backends/stdio/find-command.js';
import { Children } from '../backends/stdio/process-groups.js';
import { textOf } from '../errors.js';
import { proxiesFor, secretsOf, type Proxies } from '../backends/http/proxy-environment.js';
import { ClientSecrets, discreet, discretionFor, secretsIn } from './client-secrets.js';
import type { Logs } from './logs.js';
import type { UpstreamSpec } from './options.js';
import { credentialHeaders } from './passed-headers.js';
import { withProvenanceIfLoadable } from './provenance.js';
import { serverNameOf } from './server-name.js';
import { UsageError } from './usage-error.js';

type UrlSpec = Exclude<UpstreamSpec, { readonly kind: 'command' }>;

/** Loads the HTTP client only when needed. A server that we run as a command does not need it. */
const loadHttp = () => import('../backends/http/index.js');
type Http = Awaited<ReturnType<typeof loadHttp>>;
const loadPipe = () => import('../backends/modern/modern-pipe-transport.js');
const loadPipeRelay = () => import('../backends/modern/relay-pipe.js');
const loadAuto = () => import('../backends/modern/auto-transport.js');
const loadModern = () => import('../backends/modern/index.js');
const loadSse = () => import('../backends/sse-transport.js');

/** A shorter path is the name of an endpoint, like `/mcp`, and may be part of other words. */
const MIN_SECRET_PATH = 12;

export interface UpstreamFactoryOptions {
  /** What logs call the server. @default its package or file, or the origin of its URL */
  readonly name?: string | undefined;
  /** Whether a session outlives that of a server over HTTP. For clients that cannot begin a new one themselves. */
  readonly renews?: boolean;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
  /** Whether errors quote stdout lines of the server that are not messages. */
  readonly quotesStdout?: boolean;
  /** Which revisions of the protocol it speaks: before 2026-07-28, from then on, or to be found out. @default 'legacy' */
  readonly protocol?: 'legacy' | 'auto' | 'modern';
  /** Whether a server on Node is asked to say whose message it sends. @default false */
  readonly provenance?: boolean;
}

/** Connects to the server that is served, once for each session. */
export class UpstreamFactory {
  readonly #children = new Children();
  /** The connections that the sessions share. */
  #connections: InstanceType<Http['HttpConnections']> | undefined;
  /** The server that is run for all modern clients. */
  #relay: PipeRelay | undefined;
  /** What is known of the server. */
  readonly #era = { isModern: false };
  /** How to run the server, which is found out once. */
  readonly #command: Promise<ChildCommand> | undefined;

  constructor(
    private readonly spec: UpstreamSpec,
    private readonly logs: Logs,
    private readonly options: UpstreamFactoryOptions = {},
  ) {
    if (spec.kind === 'command') {
      for (const value of Object.values(spec.env)) this.#hideText(value);
      this.#command = options.provenance === true ? withProvenanceIfLoadable(spec) : undefined;
      return;
    }
    // Some hosts put the credential into the path.
    if (spec.url.pathname.length >= MIN_SECRET_PATH) logs.hide(spec.url.pathname);
    for (const secret of spec.headers.flatMap(secretsIn)) logs.hide(secret);
    for (const [, value] of spec.url.searchParams) logs.hide(value);
    logs.hide(spec.url.search);
    for (const secret of secretsOf(this.#proxiesFor(spec))) logs.hide(secret);
  }

  /** The name of the server. It contains no argument, path or query that may hold a credential. */
  get name(): string {
    const { name } = this.options;
    if (name !== undefined) return name;
    return this.spec.kind === 'command' ? serverNameOf(this.spec.command, this.spec.args) : this.spec.url.origin;
  }

  /** @throws UsageError if the command cannot be found: better once now than for each client */
  mustExist(): void {
    const fault = this.spec.kind === 'command' ? faultIn(this.spec) : undefined;
    if (fault !== undefined) throw new UsageError(fault);
  }

  /** A new, unstarted connection. */
  readonly connect = (request: UpstreamRequest): TransportLike | Promise<TransportLike> =>
    this.spec.kind === 'command' ? this.#start(this.spec) : this.#reach(this.spec, request);

  /** Says what reaches the server for modern clients, if it is modern too. */
  async modernBackend(): Promise<StatefulProxyOptions['modernBackend']> {
    const { spec } = this;
    const { protocol } = this.options;
    if (spec.kind === 'sse-url' || (protocol !== 'modern' && protocol !== 'auto')) return undefined;
    if (spec.kind === 'command') {
      const relay = await this.#pipeRelay(spec);
      // A session finds out what the server is, so that one of an earlier revision is never asked anything else.
      return () => (protocol === 'modern' || this.#era.isModern ? relay : undefined);
    }
    const relay = await this.#httpRelay(spec);
    if (protocol === 'modern') return () => relay;
    const { AutoRelay } = await loadModern();
    const auto = new AutoRelay(relay, this.#era);
    return (message) => auto.relayFor(message);
  }

  /** Ends the server that all modern clients share. */
  readonly close = async (): Promise<void> => this.#relay?.close();

  /** Kills every process that was started. */
  readonly abandon = (): void => {
    this.#children.kill();
  };

  async #pipeRelay(command: ChildCommand): Promise<PipeRelay> {
    const { PipeRelay } = await loadPipeRelay();
    const connect = async (): Promise<TransportLike> => this.#child((await this.#command) ?? command);
    return (this.#relay = new PipeRelay({ connect, report: this.logs.report }));
  }

  async #httpRelay(spec: UrlSpec): Promise<ModernRelay> {
    const { logs } = this;
    const [{ HttpConnections }, { HttpRelay }] = await Promise.all([loadHttp(), loadModern()]);
    return new HttpRelay(spec.url, {
      connections: (this.#connections ??= new HttpConnections()),
      headers: headersOf(spec),
      passHeaders: spec.passHeaders,
      credentialHeaders: credentialHeaders(spec),
      maxMessage: this.options.maxMessage,
      hide: (passed) => discretionFor(passed, logs, credentialHeaders({ ...spec, varyHeaders: [] })),
    });
  }

  async #start(command: ChildCommand): Promise<TransportLike> {
    return await this.#run((await this.#command) ?? command);
  }

  async #run(command: ChildCommand): Promise<TransportLike> {
    const child = this.#child(command);
    const { protocol } = this.options;
    if (protocol === 'auto') return new AutoPipe(child, this.#era);
    return protocol === 'modern' ? new (await loadPipe()).ModernPipeTransport(child) : child;
  }

  #child(command: ChildCommand): ChildTransport {
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

  async #reach(spec: UrlSpec, request: UpstreamRequest): Promise<TransportLike> {
    const { kind, url } = spec;
    const headers = headersOf(spec);
    const names = credentialHeaders(spec);
    const passed = Object.fromEntries(names.flatMap((name) => pairOf(name, request.headers.get(name))));
    const secrets = new ClientSecrets(this.logs, names);
    const own = { headers, passed, redactCut: (text: string): string => secrets.all.redactCut(text) };
    const show = secrets.hide(passed);
    const { HttpConnections, HttpTransport, RenewingTransport, fetchThrough } = await loadHttp();
    const connections = (this.#connections ??= new HttpConnections());
    const { maxMessage, renews } = this.options;
    const overHttp = async (): Promise<TransportLike> => {
      const all = { ...own, connections, maxMessage };
      const adopted = { ...all, sessionId: request.adopted?.sessionId };
      if (this.options.protocol === 'modern') return new (await loadModern()).ModernHttpTransport(url, all);
      const AutoTransport = this.options.protocol === 'auto' ? (await loadAuto()).AutoTransport : undefined;
      const reach = (): InstanceType<typeof HttpTransport> =>
        AutoTransport === undefined ? new HttpTransport(url, adopted) : new AutoTransport(url, this.#era, adopted);
      return renews === true ? new RenewingTransport(reach) : reach();
    };
    const overSse = async (): Promise<TransportLike> => {
      const { SseTransport } = await loadSse();
      return new SseTransport(url, { ...own, maxMessage, fetch: fetchThrough(url) });
    };
    const transport = kind === 'url' ? await overHttp() : await overSse();
    return discreet(transport, secrets, passed, show);
  }

  /** @throws UsageError if the environment names an invalid proxy */
  #proxiesFor({ url }: UrlSpec): Proxies {
    try {
      return proxiesFor(url);
    } catch (error) {
      throw new UsageError(textOf(error));
    }
  }

  /** Hides each line, too, because a server may print the value line by line. */
  #hideText(value: string): void {
    for (const secret of [value, ...value.split(/\r?\n/)]) this.logs.hide(secret);
  }
}

/** Those that are sent with every request. */
function headersOf({ headers }: UrlSpec): Readonly<Record<string, string>> {
  return Object.fromEntries(new Headers(headers.map(([name, value]): [string, string] => [name, value])));
}

function pairOf(name: string, value: string | null): readonly (readonly [string, string])[] {
  return value === null ? [] : [[name, value]];
}
