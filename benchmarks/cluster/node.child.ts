/**
 * A proxy in a process of its own, as a node of a cluster or alone. The engine is in memory, in the process that measures:
 * leases go there and come back as messages. No request waits for it.
 */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Beat, Engine, Lease } from '../../src/cluster/index.js';
import type { JsonRpcMessage, TransportLike } from '../../src/index.js';
import { builtCluster, builtStatefulProxy } from '../lib/built.js';
import type { NodeJob } from './contestants.js';

/** What the process that measures sends. */
export type ToNode =
  | { readonly kind: 'figures' }
  /** The leases of all nodes have changed. */
  | { readonly kind: 'leases'; readonly leases: readonly Lease[] };

/** What a node sends. */
export type FromNode =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'lease'; readonly lease: Lease }
  | { readonly kind: 'figures'; readonly cpuUs: number; readonly rssBytes: number; readonly nodes: number };

const BACKEND = fileURLToPath(new URL('../peers/backend.js', import.meta.url));
const MAX_SESSIONS = 100_000;
const { isNode, backend } = JSON.parse(process.argv[2] ?? '') as NodeJob;

let leases: readonly Lease[] = [];
const engine: Engine = {
  beat(lease): Promise<Beat> {
    const before = leases.find(({ node }) => node === lease.node)?.text;
    leases = [...leases.filter(({ node }) => node !== lease.node), lease];
    tell({ kind: 'lease', lease });
    return Promise.resolve({ leases, before, since: 0, now: Date.now() });
  },
  leave: () => Promise.resolve(),
  put: () => Promise.resolve(),
  get: () => Promise.resolve(undefined),
  replace: () => Promise.resolve(true),
  delete: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Answers at once. */
class EchoBackend implements TransportLike {
  onmessage: TransportLike['onmessage'];
  onclose: TransportLike['onclose'];
  onerror: TransportLike['onerror'];

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: unknown): Promise<void> {
    const { id, method, params } = message as JsonRpcMessage;
    if (id === undefined || method === undefined) return Promise.resolve();
    const serverInfo = { name: 'benchmark', version: '1' };
    const protocolVersion = (params as { readonly protocolVersion?: string }).protocolVersion;
    const result =
      method === 'initialize'
        ? { protocolVersion, capabilities: { tools: {} }, serverInfo }
        : { content: [{ type: 'text', text: 'ok' }] };
    queueMicrotask(() => this.onmessage?.({ jsonrpc: '2.0', id, result }));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}

const cluster = isNode
  ? (await builtCluster()).createCluster({ engine, secret: 'a secret for a benchmark' })
  : undefined;
const createStatefulProxy = await builtStatefulProxy();
const proxy = createStatefulProxy({
  upstream: () =>
    backend === 'stdio' ? new StdioClientTransport({ command: process.execPath, args: [BACKEND] }) : new EchoBackend(),
  maxSessions: MAX_SESSIONS,
  idleTimeoutMs: 0,
  cluster,
});

process.on('message', (message: ToNode) => {
  if (message.kind === 'leases') {
    leases = message.leases;
    return;
  }
  const { user, system } = process.cpuUsage();
  const nodes = cluster?.snapshot().nodes ?? 1;
  tell({ kind: 'figures', cpuUs: user + system, rssBytes: process.memoryUsage.rss(), nodes });
});
process.on('disconnect', () => process.exit());

await cluster?.join(`http://127.0.0.1:${String(await listen(proxy.innerListener))}`);
tell({ kind: 'listening', port: await listen(proxy.listener) });

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A client may be idle for as long as the others are at work.
  if (listener === proxy.listener) server.keepAliveTimeout = 0;
  return (server.address() as AddressInfo).port;
}

function tell(message: FromNode): void {
  process.send?.(message);
}
