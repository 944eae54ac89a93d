/**
 * `elicit`: a tool that asks the user once, and names the request it works for. `elicit unnamed`: the wrapped
 * server's names none, and the wrapper finds it by its async context; a bare server, which could not deliver
 * that, names it as ever. `progress`: a tool that reports its progress so many times.
 */
export const WORKLOADS = ['echo', 'elicit', 'elicit unnamed', 'progress'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const PROGRESS_NOTIFICATIONS = 100;
