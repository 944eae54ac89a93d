/** The entry "./cluster": many nodes behind one load balancer. */
export { createCluster, type ClusterOptions, type NodeOptions } from './create-cluster.js';
export { memoryCluster } from './memory-cluster.js';
export { redisCluster, type RedisClusterOptions } from './redis-cluster.js';
export type { Cluster, ClusterSnapshot, Node, Passed, PassedAnswer, PassedRequest, Whereabouts } from './cluster.js';
export type { Door, NotReceived, ReceivedRequest } from './cluster.js';
export type { Beat, Engine, Lease } from './engine.js';
