/**
 * `elicit`: a tool that asks the user once, and names the request it works for. `elicit unnamed`: the wrapped
 * server's names none, and the wrapper finds it by its async context; a bare server, which could not deliver
 * that, names it as ever. `progress`: a tool that reports its progress so many times.
 */
export const WORKLOADS = ['echo', 'elicit', 'elicit unnamed', 'progress'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const PROGRESS_NOTIFICATIONS = 100;

/** Calls of one workload to one server. */
export interface Batch {
  readonly port: number;
  /** Where the sessions are opened, if not at `port`. */
  readonly opensOn?: number;
  readonly workload: Workload;
  /** Clients that call one after the other, each in a session of its own. */
  readonly concurrency: number;
  /** In all. */
  readonly calls: number;
}

export interface BatchTimes {
  readonly wallMs: number;
  /** Of each call, from its first byte sent to the last byte of its answer. */
  readonly latenciesMs: readonly number[];
}
