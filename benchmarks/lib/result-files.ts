/** The result files: benchmarks write them, drawings and pages read them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeersDoctorResult, PeersErasResult, PeersResult } from '../peers/results.js';
import type { ByBenchmark, OnOtherNodes } from './nodes.js';
import type { ClusterResult, ErasResult, ProfileResult, SlowResult, TelemetryResult } from './results.js';

export interface Results extends ByBenchmark, OnOtherNodes {
  readonly peers: PeersResult;
  readonly 'peers-eras': PeersErasResult;
  readonly 'peers-doctor': PeersDoctorResult;
  readonly profile: ProfileResult;
  readonly slow: SlowResult;
  readonly cluster: ClusterResult;
  readonly eras: ErasResult;
  readonly telemetry: TelemetryResult;
}

/** Those that exist. */
export type SomeResults = { readonly [N in keyof Results]?: Results[N] | undefined };

/** @returns `undefined` if it was not measured */
export function readResult<N extends keyof Results>(folder: string, name: N): Results[N] | undefined {
  const path = join(folder, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results[N]) : undefined;
}
