/**
 * Compares contestants that are processes of their own. Calls come in batches. In each turn, every contestant gets one
 * batch, right after the others, in a changing order, so that ratios can be taken within a turn. Processes also differ by
 * chance, so each round starts new ones, and there are several rounds with a few turns each.
 */
import type { BatchTimes } from '../client/batch.js';
import type { Measurement, Measurements } from './figures.js';
import { median } from './statistics.js';
import { inTurn } from './turns.js';

/** Where the batches of one contestant go. @typeParam C what is measured, such as one workload at one concurrency */
export interface Target<C> {
  run(cell: C, calls: number): Promise<BatchTimes>;
  /** The processor time that it has taken until now. */
  cpuUs(): Promise<number>;
}

/** By contestant. */
type Targets<C, N extends string> = ReadonlyMap<N, Target<C>>;

/** @param work starts new processes and measures. @param round counts from 0 */
export async function inRounds(title: string, rounds: number, work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await work(round);
    process.stderr.write(`${title}: round ${String(round + 1)} of ${String(rounds)}\n`);
  }
}

export interface RoundOptions<C> {
  readonly round: number;
  readonly turns: number;
  /** Has all contestants compile what is measured. @returns how many calls make a batch */
  readonly warmUp: (cell: C, index: number) => Promise<number>;
}

/** Measures each cell with these contestants, and adds to it what was measured. */
export async function measureInTurns<C extends Measurements<N>, N extends string>(
  targets: Targets<C, N>,
  cells: readonly C[],
  { round, turns, warmUp }: RoundOptions<C>,
): Promise<void> {
  for (const [index, cell] of cells.entries()) {
    const calls = await warmUp(cell, index);
    const measured: Record<N, Measurement>[] = [];
    for (let at = 0; at < turns; at++) {
      const turn = {} as Record<N, Measurement>;
      for (const [name, target] of inTurn([...targets], round + at)) {
        const { latenciesMs, ...measurement } = await measure(target, cell, calls);
        for (const latencyMs of latenciesMs) cell.latenciesMs[name].push(latencyMs);
        turn[name] = measurement;
      }
      measured.push(turn);
    }
    cell.turns.push(measured);
  }
}

async function measure<C>(
  target: Target<C>,
  cell: C,
  calls: number,
): Promise<Measurement & Pick<BatchTimes, 'latenciesMs'>> {
  const before = await target.cpuUs();
  const { wallMs, latenciesMs } = await target.run(cell, calls);
  const after = await target.cpuUs();
  return {
    msPerCall: wallMs / calls,
    cpuMsPerCall: (after - before) / 1_000 / calls,
    p50Ms: median(latenciesMs),
    latenciesMs,
  };
}

export interface WarmUpEffort {
  /** How long the first cell of a round takes to warm up: its processes are new. */
  readonly firstWarmUpMs: number;
  readonly warmUpMs: number;
  /** How long a batch to the base is to take. */
  readonly batchMs: number;
  /** With fewer calls for each client, what is measured is the time in which not all of them are at work. */
  readonly callsPerClient: number;
}

/**
 * Keeps every contestant busy for the same time: a fast one gets more calls, not less time.
 *
 * @param base the contestant that the others are compared with. Its speed tells how many calls make a batch
 */
export function warmUpFor<C extends { readonly concurrency: number }, N extends string>(
  targets: Targets<C, N>,
  base: N,
  { firstWarmUpMs, warmUpMs, batchMs, callsPerClient }: WarmUpEffort,
): RoundOptions<C>['warmUp'] {
  return async (cell, index) => {
    const { concurrency } = cell;
    let callsPerMs = 0;
    for (const [name, target] of targets) {
      const reached = await keepBusy(target, cell, index === 0 ? firstWarmUpMs : warmUpMs);
      if (name === base) callsPerMs = reached;
    }
    return Math.max(callsPerClient, Math.round((callsPerMs * batchMs) / concurrency)) * concurrency;
  };
}

/** Batches grow until one takes at least a quarter of the time. @returns the calls per ms of the last one */
async function keepBusy<C extends { readonly concurrency: number }>(
  target: Target<C>,
  cell: C,
  forMs: number,
): Promise<number> {
  let calls = cell.concurrency;
  for (let spentMs = 0; ;) {
    const { wallMs } = await target.run(cell, calls);
    spentMs += wallMs;
    if (spentMs >= forMs) return calls / wallMs;
    if (wallMs < forMs / 4) calls *= 2;
  }
}
