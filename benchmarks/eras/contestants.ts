import type { Era } from '../client/batch.js';

/** What a call is: one that is answered at once, or one during which the backend asks the user once. */
export const WORKLOADS = ['plain', 'asking'] as const;
export type Workload = (typeof WORKLOADS)[number];

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
