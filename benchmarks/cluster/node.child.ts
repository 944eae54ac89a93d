/**
 * A proxy in a process of its own, as a node of a cluster or alone. The engine is in memory, in the process that measures:
 * leases go there and come back as messages. No request waits for it.
 */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Beat, Engine, Lease } from '../../src/cluster/index.js';
import { AskingBackend } from '../lib/asking-backend.js';
import { builtCluster, builtStatefulProxy } from '../lib/built.js';
import { listening, ownCpuUs } from '../lib/serve-measured.js';
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

const cluster = isNode
  ? (await builtCluster()).createCluster({ engine, secret: 'a secret for a benchmark' })
  : undefined;
const createStatefulProxy = await builtStatefulProxy();
const proxy = createStatefulProxy({
  upstream: () =>
    backend === 'stdio'
      ? new StdioClientTransport({ command: process.execPath, args: [BACKEND] })
      : new AskingBackend(),
  maxSessions: MAX_SESSIONS,
  idleTimeoutMs: 0,
  cluster,
});

process.on('message', (message: ToNode) => {
  if (message.kind === 'leases') {
    leases = message.leases;
    return;
  }
  const nodes = cluster?.snapshot().nodes ?? 1;
  tell({ kind: 'figures', cpuUs: ownCpuUs(), rssBytes: process.memoryUsage.rss(), nodes });
});
process.on('disconnect', () => process.exit());

await cluster?.join(`http://127.0.0.1:${String(await listening(createServer(proxy.innerListener)))}`);
const server = createServer(proxy.listener);
// A client may be idle for as long as the others are at work.
server.keepAliveTimeout = 0;
tell({ kind: 'listening', port: await listening(server) });

function tell(message: FromNode): void {
  process.send?.(message);
}
