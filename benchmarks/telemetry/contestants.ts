/**
 * - `before`: another build of the package, if one is given
 * - `nothing`: nobody watches
 * - `events`: somebody watches, and does nothing
 * - `metrics`: what `/metrics` shows is counted
 * - `trace file`: each event is a line of a file
 * - `spans`: OpenTelemetry's SDK makes spans and measurements, which are discarded instead of sent
 */
export const CONTESTANTS = ['before', 'nothing', 'events', 'metrics', 'trace file', 'spans'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

/** What the process of a proxy is told. */
export interface ProxyJob {
  readonly watches: Contestant;
  /** The folder of the build. */
  readonly dist: string;
}
