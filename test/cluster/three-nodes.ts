/** Three proxies of one cluster, each with its listeners on loopback, and clients whose every request goes to the next. */
import { createServer, type Server } from 'node:http';
import { serve as serveWeb } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { memoryCluster, type Cluster } from 'mcp-backchannel/cluster';
import { StrictClient, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { answersOf } from '../support/stage.js';
import { startUpstream } from '../support/upstreams.js';
import { closers, listen } from '../proxy/support.js';

export interface ClusterNode {
  readonly cluster: Cluster;
  readonly proxy: StatefulProxy;
  /** For clients. */
  readonly url: string;
  /** For other nodes. */
  readonly innerUrl: string;
  readonly errors: Error[];
  /** Closes every connection at once, and listens no more: the process was killed. */
  readonly kill: () => void;
}

export interface ThreeNodesOptions extends Partial<StatefulProxyOptions> {
  readonly leaseMs?: number;
  /** The entry for clients. @default 'node' */
  readonly door?: 'node' | 'web';
}

export interface ThreeNodes {
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
  /** The node that has the session of this client. */
  readonly ownerOf: (client: StrictClient) => ClusterNode;
  /** The nodes that do not. */
  readonly othersOf: (client: StrictClient) => readonly ClusterNode[];
  /** A client with a session on the first node. Its requests go to these nodes in turn, from the second on. */
  readonly connect: (
    name?: string,
    options?: StrictClientOptions & { readonly via?: readonly ClusterNode[] },
  ) => Promise<StrictClient>;
}

/** Opens nodes that are closed after each test, and then hold nothing any more. */
export function threeNodes(): (options?: ThreeNodesOptions) => Promise<ThreeNodes> {
  const closing = closers();

  async function open({ leaseMs = 3_000, door = 'node', ...options }: ThreeNodesOptions = {}): Promise<ThreeNodes> {
    const backend = await startUpstream('in-memory');
    closing(() => backend.close());
    const makeNode = memoryCluster({ leaseMs });
    const opened = async (): Promise<ClusterNode> => {
      const errors: Error[] = [];
      const cluster = makeNode({ onerror: (error) => errors.push(error) });
      const onerror = (error: Error): unknown => errors.push(error);
      const proxy = createStatefulProxy({ upstream: () => backend.connect(), onerror, ...options, cluster });
      const outer = door === 'node' ? createServer(proxy.listener) : await webServer(proxy);
      const inner = createServer(proxy.innerListener);
      const url = door === 'node' ? await listen(outer) : urlOf(outer);
      const innerUrl = await listen(inner);
      await cluster.join(innerUrl);
      const kill = (): void => {
        for (const server of [outer, inner]) {
          server.close();
          server.closeAllConnections();
        }
      };
      closing(async () => {
        await proxy.close();
        await cluster.leave();
        kill();
      });
      return { cluster, proxy, url, innerUrl, errors, kill };
    };
    const nodes = [await opened(), await opened(), await opened()] as const;
    const ownerOf = ({ sessionId = '' }: StrictClient): ClusterNode => {
      const owner = nodes.find(({ cluster }) => sessionId.startsWith(`${cluster.self}.`));
      if (owner === undefined) throw new Error(`no node has the session ${sessionId}`);
      return owner;
    };
    return {
      nodes,
      ownerOf,
      othersOf: (client) => nodes.filter((node) => node !== ownerOf(client)),
      async connect(name = 'client', { via = [nodes[1], nodes[2], nodes[0]], ...clientOptions } = {}) {
        const client = new StrictClient(nodes[0].url, { answers: answersOf(name), ...clientOptions });
        closing(() => {
          client.vanish();
        });
        let sent = 0;
        // Every request reads it once.
        Object.defineProperty(client, 'url', {
          get: () => (client.sessionId === undefined ? nodes[0] : via[sent++ % via.length])?.url,
        });
        await client.initialize();
        return client;
      },
    };
  }
  return open;
}

async function webServer(proxy: StatefulProxy): Promise<Server> {
  return new Promise((resolve) => {
    const server = serveWeb({ fetch: proxy.fetch, port: 0, hostname: '127.0.0.1' }, () => {
      resolve(server as Server);
    });
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
}
