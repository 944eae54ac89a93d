import type { ConnectionOptions } from 'node:tls';
import type { Cluster } from './cluster.js';
import { createCluster, type NodeOptions } from './create-cluster.js';
import { RedisEngine } from './redis-engine.js';

export interface RedisClusterOptions extends NodeOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and the number of the database. */
  readonly url: string;
  /** Shared by all nodes, and by nobody else. At least 16 characters. */
  readonly secret: string;
  /** Added to the options of TLS to Redis: an authority of your own, a client certificate. Turns TLS on. */
  readonly redisTls?: ConnectionOptions | undefined;
  /** With what the keys in Redis begin, in braces. Nodes with another prefix are another cluster. @default 'mcpb' */
  readonly prefix?: string | undefined;
}

/**
 * Makes this process a node of a cluster whose nodes find each other in Redis or Valkey. It connects when it joins, and
 * needs the package `ioredis` then.
 *
 * ```ts
 * const cluster = redisCluster({ url: 'redis://redis.internal:6379', secret });
 * const proxy = createStatefulProxy({ upstream, cluster });
 * createServer(proxy.innerListener).listen(3001, () => cluster.join('http://10.0.0.5:3001'));
 * ```
 *
 * @throws BackchannelError `INVALID_OPTION` if the URL, the secret, the lease or the prefix is not allowed
 */
export function redisCluster({ url, redisTls, prefix, ...options }: RedisClusterOptions): Cluster {
  const engine = new RedisEngine({
    url,
    ...(redisTls !== undefined && { tls: redisTls }),
    ...(prefix !== undefined && { prefix }),
  });
  return createCluster({ ...options, engine });
}
