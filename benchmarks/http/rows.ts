import { figures, ratios, type Measurements } from '../lib/figures.js';
import type { HttpRow } from '../lib/results.js';
import type { ServerName } from './servers.js';
import type { Workload } from './workloads.js';

/** What was measured of one workload at one concurrency. */
export interface Cell extends Measurements<ServerName> {
  readonly workload: Workload;
  readonly concurrency: number;
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
