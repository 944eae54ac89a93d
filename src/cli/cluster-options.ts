/** The options of a cluster: a part of the table. */
export const CLUSTER_ROWS = [
  {
    flags: '--cluster <url>',
    group: 'cluster',
    help: 'shares sessions with the nodes that use this Redis, redis:// or rediss://; safer in the environment variable if it has a password',
    value: 'redisUrl',
    env: 'MCP_BACKCHANNEL_CLUSTER',
    needs: 'http',
  },
  {
    flags: '--cluster-secret <text>',
    group: 'cluster',
    help: 'the same on all nodes, and known to nobody else; safer in the environment variable',
    value: 'clusterSecret',
    env: 'MCP_BACKCHANNEL_CLUSTER_SECRET',
    needs: 'cluster',
  },
  {
    flags: '--inner-port <number>',
    group: 'cluster',
    help: 'port for the other nodes, which clients must not reach; 0 takes a free one, or that of --inner-address',
    value: 'port',
    default: '0',
    needs: 'cluster',
  },
  {
    flags: '--inner-address <address>',
    group: 'cluster',
    help: 'host, host:port or URL under which the other nodes reach it; otherwise the address by which this machine reaches Redis',
    value: 'innerAddress',
    needs: 'cluster',
  },
  {
    flags: '--lease <duration>',
    group: 'cluster',
    help: 'how long a node that is not heard of counts as alive; the same on all nodes',
    value: 'lease',
    default: '3s',
    needs: 'cluster',
  },
] as const;
