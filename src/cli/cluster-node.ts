/** The command as a node of a cluster. Loaded only with `--cluster`. */
import type { RequestListener, Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Cluster } from '../cluster/cluster.js';
import { shownNode } from '../shown-node.js';
import { redisAddress } from '../cluster/redis-address.js';
import { redisCluster } from '../cluster/redis-cluster.js';
import { BackchannelError, textOf } from '../errors.js';
import { createInnerServer, listen, listenFault, stop, type ClusterHealth } from './endpoint.js';
import type { Logs } from './logs.js';
import { addressTowards, isOwn } from './own-address.js';
import type { InnerAddress } from './values.js';

/** How long answers to other nodes that are being written may take to finish. */
const FLUSH_MS = 1_000;

export interface ClusterNodeOptions {
  readonly cluster: string;
  readonly clusterSecret: string;
  readonly innerPort: number;
  readonly innerAddress?: InnerAddress | undefined;
  readonly lease: number;
}

export class ClusterNode {
  readonly cluster: Cluster;
  #server: Server | undefined;

  /** @throws BackchannelError `INVALID_OPTION` if the URL of Redis is not allowed */
  constructor(
    private readonly options: ClusterNodeOptions,
    private readonly logs: Logs,
  ) {
    const { cluster: url, clusterSecret: secret, lease: leaseMs } = options;
    for (const one of [secret, ...passwordsIn(url)]) logs.hide(one);
    this.cluster = redisCluster({ url, secret, leaseMs, onerror: logs.report });
  }

  /** What logs call this node. */
  get name(): string {
    return shownNode(this.cluster.self);
  }

  health(): ClusterHealth {
    const { nodes, isEngineUp } = this.cluster.snapshot();
    return { node: this.name, nodes, engine: isEngineUp ? 'up' : 'down' };
  }

  /**
   * Listens for the other nodes, and joins them.
   *
   * @returns the URL under which they reach this node
   * @throws BackchannelError `CLUSTER_ENGINE` if Redis does not answer
   */
  async join(innerListener: RequestListener): Promise<string> {
    const { innerPort, innerAddress } = this.options;
    const host = innerAddress?.host ?? (await this.#ownHost());
    const scheme = innerAddress?.scheme ?? 'http';
    const listening = await this.#listen(host, innerPort === 0 ? (innerAddress?.port ?? 0) : innerPort, innerListener);
    // What ends TLS has a port of its own.
    const port = innerAddress?.port ?? (scheme === 'http' ? listening : undefined);
    const address = `${scheme}://${host}${port === undefined ? '' : `:${port}`}`;
    await this.cluster.join(address);
    return address;
  }

  async #ownHost(): Promise<string> {
    const redis = redisAddress(this.options.cluster);
    try {
      const address = await addressTowards(redis);
      return isIPv6(address) ? `[${address}]` : address;
    } catch (error) {
      throw new BackchannelError(
        'CLUSTER_ENGINE',
        `cannot join the cluster: no way to ${redis.host}: ${textOf(error)}`,
      );
    }
  }

  /** @returns the port */
  async #listen(host: string, port: number, listener: RequestListener): Promise<number> {
    const server = (this.#server = createInnerServer(listener));
    // A name, or the address of a machine that publishes the port of this container, is no address to listen on.
    const own = host.replace(/^\[(.*)\]$/, '$1');
    try {
      await listen(server, port, isOwn(own) ? own : undefined);
    } catch (error) {
      throw new Error(`no listener for the other nodes on port ${port}: ${listenFault(error)}`, { cause: error });
    }
    return (server.address() as AddressInfo).port;
  }

  /** To be called last: until then, the other nodes find here what is left. */
  async leave(): Promise<void> {
    if (this.#server?.listening === true) await stop(this.#server, FLUSH_MS);
    await this.cluster.leave();
  }
}

/** As it stands in the URL, and as it is meant. */
function passwordsIn(url: string): readonly string[] {
  const { password } = new URL(url);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
