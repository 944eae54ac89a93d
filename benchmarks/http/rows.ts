import { pairedRatio, type Pair, type PairedRatio } from '../lib/bootstrap.js';
import type { HttpRow, Ratios, ServerFigures } from '../lib/results.js';
import { median, percentile, significant } from '../lib/statistics.js';
import type { ServerName } from './servers.js';
import type { Workload } from './workloads.js';

/** One batch of calls to one server. */
export interface Measurement {
  readonly msPerCall: number;
  readonly cpuMsPerCall: number;
  readonly p50Ms: number;
}

/** A batch to each server, one right after the other. */
export type Turn = Record<ServerName, Measurement>;

/** What was measured of one workload at one concurrency. */
export interface Cell {
  readonly workload: Workload;
  readonly concurrency: number;
  /** By round. */
  readonly turns: Turn[][];
  readonly latenciesMs: Record<ServerName, number[]>;
}

export function rowOf(cell: Cell): HttpRow {
  const { workload, concurrency, turns } = cell;
  return {
    workload,
    concurrency,
    pairs: turns.flat().length,
    bare: figures(cell, 'bare'),
    context: figures(cell, 'context'),
    wrapped: figures(cell, 'wrapped'),
    ours: figures(cell, 'ours'),
    floor: figures(cell, 'floor'),
    wrappedToBare: ratios(cell, 'wrapped', 'bare'),
    contextToBare: ratios(cell, 'context', 'bare'),
    wrappedToContext: ratios(cell, 'wrapped', 'context'),
    oursToBare: ratios(cell, 'ours', 'bare'),
    oursToFloor: ratios(cell, 'ours', 'floor'),
  };
}

function figures({ turns, latenciesMs }: Cell, name: ServerName): ServerFigures {
  const measurements = turns.flat().map((turn) => turn[name]);
  return {
    callsPerSecond: significant(1_000 / median(measurements.map(({ msPerCall }) => msPerCall))),
    p50Ms: significant(median(latenciesMs[name])),
    p99Ms: significant(percentile(latenciesMs[name], 0.99)),
    serverCpuMsPerCall: significant(median(measurements.map(({ cpuMsPerCall }) => cpuMsPerCall))),
  };
}

function ratios({ turns }: Cell, name: ServerName, base: ServerName): Ratios {
  const compare = (figure: keyof Measurement): PairedRatio =>
    pairedRatio(
      turns.map((round) => round.map((turn): Pair => ({ value: turn[name][figure], base: turn[base][figure] }))),
    );
  return { time: compare('msPerCall'), p50: compare('p50Ms'), serverCpu: compare('cpuMsPerCall') };
}
