/** What the batches of several servers come to, which were sent one right after the other. */
import { pairedRatio, type Pair, type PairedRatio } from './bootstrap.js';
import type { Ratios, ServerFigures } from './results.js';
import { median, percentile, significant } from './statistics.js';

/** One batch of calls to one server. */
export interface Measurement {
  readonly msPerCall: number;
  readonly cpuMsPerCall: number;
  readonly p50Ms: number;
}

/** A batch to each server in each turn, and how long each of the calls took. */
export interface Measurements<N extends string> {
  /** By round. */
  readonly turns: Record<N, Measurement>[][];
  readonly latenciesMs: Record<N, number[]>;
}

/** @param names of the servers */
export function notYetMeasured<N extends string>(names: readonly N[]): Measurements<N> {
  return {
    turns: [],
    latenciesMs: Object.fromEntries(names.map((name): [N, number[]] => [name, []])) as Record<N, number[]>,
  };
}

export function figures<N extends string>({ turns, latenciesMs }: Measurements<N>, name: N): ServerFigures {
  const measurements = turns.flat().map((turn) => turn[name]);
  return {
    callsPerSecond: significant(1_000 / median(measurements.map(({ msPerCall }) => msPerCall))),
    p50Ms: significant(median(latenciesMs[name])),
    p99Ms: significant(percentile(latenciesMs[name], 0.99)),
    serverCpuMsPerCall: significant(median(measurements.map(({ cpuMsPerCall }) => cpuMsPerCall))),
  };
}

export function ratios<N extends string>({ turns }: Measurements<N>, name: N, base: N): Ratios {
  const compare = (figure: keyof Measurement): PairedRatio =>
    pairedRatio(
      turns.map((round) => round.map((turn): Pair => ({ value: turn[name][figure], base: turn[base][figure] }))),
    );
  return { time: compare('msPerCall'), p50: compare('p50Ms'), serverCpu: compare('cpuMsPerCall') };
}
