import { describe, expect, test } from 'vitest';
import { measureInTurns, warmUpFor, type Target } from '../../benchmarks/lib/contest.js';
import { notYetMeasured, type Measurements } from '../../benchmarks/lib/figures.js';

type Name = 'base' | 'other';

interface Cell extends Measurements<Name> {
  readonly concurrency: number;
}

const EFFORT = { firstWarmUpMs: 400, warmUpMs: 100, batchMs: 50, callsPerClient: 3 };

function cellOf(concurrency: number): Cell {
  return { concurrency, ...notYetMeasured<Name>(['base', 'other']) };
}

/** Each call takes so many ms, and half of that in processor time. */
function rig(msPerCall: Readonly<Record<Name, number>>): {
  readonly targets: ReadonlyMap<Name, Target<Cell>>;
  readonly batches: string[];
} {
  const batches: string[] = [];
  const targetOf = (name: Name): [Name, Target<Cell>] => {
    let spentMs = 0;
    const run: Target<Cell>['run'] = (_, calls) => {
      batches.push(`${name} ${calls}`);
      const wallMs = calls * msPerCall[name];
      spentMs += wallMs / 2;
      return Promise.resolve({ wallMs, latenciesMs: Array.from({ length: calls }, () => msPerCall[name]) });
    };
    return [name, { run, cpuUs: () => Promise.resolve(spentMs * 1_000) }];
  };
  return { targets: new Map([targetOf('base'), targetOf('other')]), batches };
}

describe('turns', () => {
  test('give each contestant one batch, in a changing order', async () => {
    const { targets, batches } = rig({ base: 1, other: 2 });
    await measureInTurns(targets, [cellOf(1)], { round: 0, turns: 2, warmUp: () => Promise.resolve(5) });
    expect(batches).toEqual(['base 5', 'other 5', 'other 5', 'base 5']);
  });

  test('of one round are kept together, with the time of a call and its processor time', async () => {
    const { targets } = rig({ base: 1, other: 2 });
    const cell = cellOf(1);
    const options = { turns: 2, warmUp: () => Promise.resolve(5) };
    for (const round of [0, 1]) await measureInTurns(targets, [cell], { ...options, round });
    const turn = {
      base: { msPerCall: 1, cpuMsPerCall: 0.5, p50Ms: 1 },
      other: { msPerCall: 2, cpuMsPerCall: 1, p50Ms: 2 },
    };
    expect(cell.turns).toEqual([
      [turn, turn],
      [turn, turn],
    ]);
    expect([cell.latenciesMs.base.length, cell.latenciesMs.other.length]).toEqual([20, 20]);
  });
});

describe('the warm-up', () => {
  test('keeps all busy for the same time, with batches that grow', async () => {
    const { targets, batches } = rig({ base: 10, other: 40 });
    await warmUpFor(targets, 'base', EFFORT)(cellOf(1), 0);
    // 10, 20, 40, 80, 160 and 160 ms; then 40, 80, 160 and 160 ms.
    const [base, other] = [
      [1, 2, 4, 8, 16, 16],
      [1, 2, 4, 4],
    ];
    expect(batches).toEqual([...base.map((calls) => `base ${calls}`), ...other.map((calls) => `other ${calls}`)]);
  });

  test('is shorter for all cells but the first', async () => {
    const { targets, batches } = rig({ base: 10, other: 100 });
    await warmUpFor(targets, 'base', EFFORT)(cellOf(1), 1);
    expect(batches).toEqual(['base 1', 'base 2', 'base 4', 'base 4', 'other 1']);
  });

  test('makes a batch as large as the base needs for its time', async () => {
    const { targets } = rig({ base: 0.5, other: 7 });
    expect(await warmUpFor(targets, 'base', EFFORT)(cellOf(4), 0)).toBe(100);
  });

  test('makes no batch with less than a few calls for each client', async () => {
    const { targets } = rig({ base: 40, other: 1 });
    expect(await warmUpFor(targets, 'base', EFFORT)(cellOf(4), 0)).toBe(12);
  });
});
