import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.js';
import { createCluster, type NodeOptions } from './create-cluster.js';
import { MemoryEngine, MemoryStore } from './memory-engine.js';

/**
 * Makes a cluster whose nodes are in one process: for tests, and for a first try.
 *
 * ```ts
 * const makeNode = memoryCluster();
 * const proxy = createStatefulProxy({ upstream, cluster: makeNode() });
 * ```
 *
 * @returns makes one more node
 */
export function memoryCluster(defaults: NodeOptions = {}): (options?: NodeOptions) => Cluster {
  const store = new MemoryStore();
  const secret = randomUUID();
  return (options = {}) => createCluster({ ...defaults, ...options, secret, engine: new MemoryEngine(store) });
}
