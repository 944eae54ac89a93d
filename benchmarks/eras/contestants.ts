/** What a call is: one that is answered at once, or one during which the backend asks the user once. */
export const WORKLOADS = ['plain', 'asking'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** The era of a client. */
export type Era = 'legacy' | 'modern';

/** `modern`: of revision 2026-07-28, over HTTP. The others are legacy. */
export const BACKENDS = ['in memory', 'stdio', 'modern'] as const;
export type Backend = (typeof BACKENDS)[number];

/**
 * - `base`: a legacy client. In front of a modern backend: a modern client, with a reverse proxy that reads the JSON of each
 *   request and does nothing else
 * - `modern`: a modern client, in front of the same backend
 */
export const CONTESTANTS = ['base', 'modern'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export function eraOf(contestant: Contestant, backend: Backend): Era {
  return contestant === 'base' && backend !== 'modern' ? 'legacy' : 'modern';
}

/** What the process of a proxy is told: which proxy it is, and what is behind it. */
export type ProxyJob =
  | { readonly proxy: 'stateful'; readonly backend: Exclude<Backend, 'modern'> }
  | { readonly proxy: 'command'; readonly url: string }
  | { readonly proxy: 'reverse'; readonly url: string };

/** Calls of one workload to one proxy. */
export interface Batch {
  readonly port: number;
  readonly era: Era;
  readonly workload: Workload;
  /** Clients that call one after the other, each for itself. */
  readonly concurrency: number;
  /** In all. */
  readonly calls: number;
}

/** What a proxy has spent until now. */
export interface Spent {
  readonly cpuUs: number;
}

/** The base comes first in every second turn. */
export function order(turn: number): readonly Contestant[] {
  return turn % 2 === 0 ? CONTESTANTS : [...CONTESTANTS].reverse();
}
