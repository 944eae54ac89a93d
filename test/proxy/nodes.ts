/**
 * One proxy, or several nodes of a cluster that take its place: the tests of the proxy run once more through a client whose
 * every request goes to the next node.
 *
 *     MCP_BACKCHANNEL_TEST_NODES=3 npx vitest run test/proxy
 *
 * New sessions are opened on the first node, so that what counts for one proxy counts for it.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { memoryCluster, type Cluster } from 'mcp-backchannel/cluster';

/** How many nodes take the place of one proxy. */
const NODES = Number(process.env['MCP_BACKCHANNEL_TEST_NODES'] ?? 1);

export async function openProxy(options: StatefulProxyOptions): Promise<StatefulProxy> {
  return NODES === 1 ? createStatefulProxy(options) : rotating(options);
}

interface Opened {
  readonly proxy: StatefulProxy;
  readonly cluster: Cluster;
  readonly inner: Server;
}

async function rotating(options: StatefulProxyOptions): Promise<StatefulProxy> {
  // A test that keeps this process busy for longer than that would be taken for a node that stood still.
  const makeNode = memoryCluster({ leaseMs: 60_000 });
  const nodes = await Promise.all(Array.from({ length: NODES }, async () => openNode(options, makeNode())));
  const proxies = nodes.map(({ proxy }) => proxy);
  const [first] = proxies;
  if (first === undefined) throw new Error('a cluster needs a node');
  let sent = 0;
  const next = (sessionId: unknown): StatefulProxy =>
    (sessionId === undefined || sessionId === null ? undefined : proxies[++sent % NODES]) ?? first;

  return {
    listener: (request, response) => {
      next(request.headers['mcp-session-id']).listener(request, response);
    },
    middleware: (request, response, after) => {
      next(request.headers['mcp-session-id']).middleware(request, response, after);
    },
    fetch: async (request) => next(request.headers.get('mcp-session-id')).fetch(request),
    innerListener: first.innerListener,
    // All sessions are on the first node.
    routes$: first.routes$,
    rounds$: first.rounds$,
    events$: first.events$,
    openCalls: () => first.openCalls(),
    snapshot() {
      const all = proxies.map((proxy) => proxy.snapshot());
      const sum = (name: 'sessions' | 'inFlight' | 'parked' | 'suspended' | 'leased' | 'bufferedBytes'): number =>
        all.reduce((before, now) => before + now[name], 0);
      return {
        sessions: sum('sessions'),
        inFlight: sum('inFlight'),
        parked: sum('parked'),
        suspended: sum('suspended'),
        leased: sum('leased'),
        bufferedBytes: sum('bufferedBytes'),
      };
    },
    async close(closeOptions) {
      await Promise.all(proxies.map(async (proxy) => proxy.close(closeOptions)));
      await Promise.all(
        nodes.map(async ({ cluster, inner }) => {
          await cluster.leave();
          inner.closeAllConnections();
          inner.close();
        }),
      );
    },
  };
}

async function openNode(options: StatefulProxyOptions, cluster: Cluster): Promise<Opened> {
  const proxy = createStatefulProxy({ ...options, cluster });
  const inner = createServer(proxy.innerListener);
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
  await cluster.join(`http://127.0.0.1:${String((inner.address() as AddressInfo).port)}`);
  return { proxy, cluster, inner };
}
