import { format } from 'node:util';
import { writeDebugTo } from '../debug.js';
import { textOf } from '../errors.js';
import { Guard } from '../proxy/guard.js';
import { hostPattern, isAnyHost } from '../proxy/host-pattern.js';
import { createStatefulProxy, type StatefulProxyOptions } from '../proxy/index.js';
import { EventMemory } from './event-store.js';
import { Logs } from './logs.js';
import { lateMetricsOf } from './metrics/late-metrics.js';
import { lateTelemetry } from './late-telemetry.js';
import type { CommandOptions, UpstreamSpec } from './options.js';
import { credentialHeaders } from './passed-headers.js';
import { isLoopback } from './own-address.js';
import { ProtectedResource } from './protected-resource.js';
import type { ClusterNode } from './cluster-node.js';
import { createEndpoint, listen, listenFault, stop } from './endpoint.js';
import { closeOnSignals, end, GRACE_MS } from './shutdown.js';
import { stdioMode } from './stdio-mode.js';
import { Trace } from './trace.js';
import { UpstreamFactory } from './upstream-factory.js';

/** How long answers that are being written may take to finish. */
const FLUSH_MS = 1_000;

/** A client that closed stdin waits for this process to end, but not for long. */
const FAREWELL_GRACE_MS = 1_000;

/** Serves until a signal arrives. With `--stdio`, the client or the server can also end it. */
export async function run(options: CommandOptions): Promise<void> {
  const logs = new Logs(options.json);
  // The reader of the logs may go away. That must not end the process.
  process.stderr.on('error', () => undefined);
  // The logs hide secrets, which a server may repeat in its answers.
  writeDebugTo((...values) => {
    logs.debug(format(...values));
  });
  process.once('uncaughtException', (error: unknown) => {
    logs.error(`ends because of an uncaught error: ${format(error)}`);
    process.exit(1);
  });
  const { upstream, name, maxMessage, stdio, provenance, upstreamProtocol: protocol } = options;
  const own = { name, maxMessage, quotesStdout: options.trace, renews: stdio, provenance, protocol };
  const upstreams = new UpstreamFactory(upstream, logs, own);
  upstreams.mustExist();
  const trace = new Trace(options, logs);
  await trace.open();
  await (options.stdio ? runStdio : runHttp)(options, upstreams, logs, trace);
}

async function runHttp(options: CommandOptions, upstreams: UpstreamFactory, logs: Logs, trace: Trace): Promise<void> {
  const { host, port, path, token } = options;
  if (token !== undefined) logs.hide(token);
  const access = {
    allowedHosts: allowedHosts(options),
    allowedOrigins: options.allowedOrigin ?? [],
    token,
    cors: options.cors,
  };
  const guard = new Guard(access, logs.report);
  const resource = protectedResource(options, guard);
  const node = await clusterNode(options, logs);
  const telemetry = await lateTelemetry(options, logs);
  const proxy = createStatefulProxy({
    ...access,
    ...passing(options.upstream),
    rebind: options.rebind,
    relayRefusal: resource?.relayRefusal,
    upstream: upstreams.connect,
    maxSessions: options.maxSessions,
    maxBodyBytes: options.maxBody,
    idleTimeoutMs: options.idleTimeout,
    serialize: options.serialize,
    modern: options.modern,
    modernBackend: options.modern ? await upstreams.modernBackend() : undefined,
    // Over HTTP, a message comes in the answer to the call that it belongs to. On a pipe, that is not certain.
    modernSessions: options.modernSessions ?? (options.upstream.kind === 'url' ? 'shared' : 'lease'),
    enableJsonResponse: options.jsonResponse,
    eventStore: options.eventStore === undefined ? undefined : eventStore(),
    backchannel: {
      ambiguous: options.ambiguous,
      parkTimeoutMs: options.parkTimeout,
      maxParked: options.maxParked,
      maxParkedBytes: options.maxParkedBytes,
      orphanTimeoutMs: options.orphanTimeout,
    },
    cluster: node?.cluster,
    carrier: telemetry?.carrier,
    onerror: logs.report,
  });
  trace.follow(proxy.events$, node?.name);
  telemetry?.observe(proxy.events$);
  const page = { ...access, proxy, name: upstreams.name, node: node?.name, logs, report: logs.report };
  const live = options.live ? (await import('./live.js')).liveOf(page) : undefined;

  let isClosing = false;
  const server = createEndpoint({
    proxy,
    live: live?.handle,
    cluster: node && (() => node.health()),
    metrics: lateMetricsOf(proxy, node?.cluster),
    path,
    guard,
    wellKnown: resource && ((asked, incoming) => resource.answer(asked, incoming)),
    isClosing: () => isClosing,
    keepAliveTimeout: options.keepAliveTimeout,
    onerror: logs.report,
  });
  const giveUp = async (fault: string): Promise<void> => {
    logs.error(fault);
    process.exitCode = 1;
    await proxy.close();
    await node?.leave();
    await trace.close();
  };
  let inner: string | undefined;
  try {
    inner = await node?.join(proxy.innerListener);
  } catch (error) {
    await giveUp(textOf(error));
    return;
  }
  try {
    const url = await listen(server, port, host, path);
    warnOfRisks(options, logs);
    logs.info(`serves ${upstreams.name} at ${url}`, { url });
    if (live !== undefined) logs.info(`shows what happens at ${new URL('/live', url).href}`);
  } catch (error) {
    await giveUp(`cannot listen on ${host} port ${port}: ${listenFault(error)}`);
    return;
  }
  if (node !== undefined && inner !== undefined) tellOfCluster(node, inner, options, logs);
  closeOnSignals({
    logs,
    abandon: upstreams.abandon,
    async close() {
      isClosing = true;
      // The server still listens. A call in flight may wait for the client's answer to a server request, and that answer
      // is a new POST.
      await proxy.close({ graceMs: GRACE_MS });
      await telemetry?.stop();
      await upstreams.close();
      live?.close();
      await stop(server, FLUSH_MS);
      await node?.leave();
      await trace.close();
    },
  });
}

/** Loaded only if it is needed. */
async function clusterNode(options: CommandOptions, logs: Logs): Promise<ClusterNode | undefined> {
  const { cluster, clusterSecret } = options;
  if (cluster === undefined || clusterSecret === undefined) return undefined;
  const { ClusterNode } = await import('./cluster-node.js');
  return new ClusterNode({ ...options, cluster, clusterSecret }, logs);
}

function tellOfCluster({ name, cluster }: ClusterNode, inner: string, { host }: CommandOptions, logs: Logs): void {
  const { nodes } = cluster.snapshot();
  logs.info(`is node ${name}, one of ${nodes}; the others reach it at ${inner}`, { node: name, nodes, inner });
  const isLocal = isLoopback(new URL(inner).hostname.replace(/^\[(.*)\]$/, '$1'));
  if (isLocal && !isLoopback(host))
    logs.warning(`nodes on other machines cannot reach this one at ${inner}: give the address with --inner-address`);
}

async function runStdio(options: CommandOptions, upstreams: UpstreamFactory, logs: Logs, trace: Trace): Promise<void> {
  const { ambiguous } = options;
  const telemetry = await lateTelemetry(options, logs);
  const mode = stdioMode({
    maxMessage: options.maxMessage,
    upstream: upstreams.connect,
    backchannel: { ambiguous },
    carrier: telemetry?.carrier,
    onerror: logs.report,
  });
  trace.follow(mode.events$);
  telemetry?.observe(mode.events$);
  const close = async (graceMs: number): Promise<void> => {
    await mode.close(graceMs);
    await trace.close();
    await telemetry?.stop();
  };
  const isSignalled = closeOnSignals({ logs, abandon: upstreams.abandon, close: async () => close(GRACE_MS) });
  await mode.start();
  const reason = await mode.over;
  if (isSignalled()) return;
  await end(async () => close(FAREWELL_GRACE_MS), reason === 'left' ? 0 : 1, logs);
}

function eventStore(): StatefulProxyOptions['eventStore'] {
  const memory = new EventMemory();
  return ({ signal }) => memory.store(signal);
}

/** The headers to pass on, and those that identify the client, so that no other client can use its session. */
function passing(
  upstream: UpstreamSpec,
): Pick<StatefulProxyOptions, 'passHeaders' | 'varyHeaders' | 'credentialHeaders'> {
  if (upstream.kind === 'command' || upstream.passHeaders.length === 0) return {};
  const { passHeaders, varyHeaders } = upstream;
  return { passHeaders, varyHeaders, credentialHeaders: credentialHeaders(upstream) };
}

/** With `--token`, clients need that token, and no authorization server issues it. */
function protectedResource(options: CommandOptions, guard: Guard): ProtectedResource | undefined {
  const { upstream, token, publicUrl, path } = options;
  if (upstream.kind === 'command' || token !== undefined) return undefined;
  const { url: backend, headers, passHeaders } = upstream;
  const isOurs = headers.some(([name]) => name.toLowerCase() === 'authorization');
  const isForClient = !isOurs || passHeaders.includes('authorization');
  return new ProtectedResource({ backend, headers, isForClient, publicUrl, path, guard });
}

/** Includes `--host`: an address of this machine is not a name that an attacker could point at it. */
function allowedHosts({ host, allowedHost = [] }: CommandOptions): readonly string[] {
  // An address with a zone (`fe80::1%eth0`) never appears in a Host header.
  return isEveryAddress(host) || hostPattern(host) === undefined ? allowedHost : [host, ...allowedHost];
}

function warnOfRisks({ host, token, allowedHost, publicUrl, live }: CommandOptions, logs: Logs): void {
  const anyHost = allowedHost?.find(isAnyHost);
  if (anyHost !== undefined) {
    logs.warning(
      `--allowed-host ${anyHost} lets clients use any name: a page in a browser can reach this port under a name of ` +
        'its own (DNS rebinding)',
    );
  }
  const isPublished = !isLoopback(host) || allowedHost !== undefined || publicUrl !== undefined;
  if (live && token === undefined && isPublished)
    logs.warning('without a --token, /live opens only in a browser on this machine, and not through a reverse proxy');
  if (isLoopback(host)) return;
  if (token === undefined) {
    logs.warning(
      `${host} can be reached from other machines and there is no --token: whoever reaches this port can use ` +
        'the server with your rights',
    );
  }
  if (isEveryAddress(host) && allowedHost === undefined)
    logs.warning('clients can address loopback names only: give the name they use with --allowed-host');
}

function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
