/**
 * - `single`: a proxy without a cluster
 * - `owner`: a node of a cluster, called directly: it has the session
 * - `hop`: another node of that cluster, which passes each call on to the owner
 */
export const CONTESTANTS = ['single', 'owner', 'hop'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export const BACKENDS = ['in memory', 'stdio'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a process is told: whether it is a node, and what its sessions are served by. */
export interface NodeJob {
  readonly isNode: boolean;
  readonly backend: Backend;
}
