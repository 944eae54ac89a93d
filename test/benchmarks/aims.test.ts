import { describe, expect, test } from 'vitest';
import type { ScaleResult } from '../../benchmarks/lib/results.js';
import { measured } from '../../benchmarks/lib/statistics.js';
import { aimsOf } from '../../benchmarks/peers/aims.js';
import type { Behaviour, Cost, Failure, PeersResult } from '../../benchmarks/peers/results.js';
import { aimsTable } from '../../benchmarks/tables/aims.js';
import { peersTable } from '../../benchmarks/tables/peers.js';
import { scaleTable } from '../../benchmarks/tables/scale.js';

const even = figures([100], [100], [100], [100]);
const better = figures([50], [200], [50], [50]);

describe('an aim is met only if the worst round meets it', () => {
  test.each([
    ['yes', [1.1, 1.2, 1.3]],
    ['**no**', [1.1, 1.2, 1.31]],
  ])('%s, in the table, for %j with at most 1.3', (verdict, rounds) => {
    const row = { variant: 'ours', usPerMessage: measured([1]), toHandWritten: measured([1]) };
    const cost = [
      { ...row, sessions: 10, toFewest: measured([1]) },
      { ...row, sessions: 100, toFewest: measured(rounds) },
    ];
    const scale = { cost, burst: [], bytesPerIdleSessionBeyondBare: {} } as unknown as ScaleResult;

    const [line] = aimsTable({ scale }).split('\n').slice(2);
    expect(line).toContain(`| 1.2 (1.1–${Math.max(...rounds)}) × | ≤ 1.3 × |`);
    expect(line?.split(' | ').at(-1)).toBe(`${verdict} |`);
  });

  test.each([
    [true, 'stdio', figures([40, 50], [205, 200], [90, 100], [90, 100])],
    [false, 'stdio', figures([40, 51], [205, 199], [90, 101], [90, 101])],
    [true, 'http', figures([30, 40], [305, 300], [60, 70], [90, 100])],
    [false, 'http', figures([30, 41], [305, 299], [60, 71], [90, 101])],
  ] as const)('%s compared with the best peer with a backend over %s, for %j to 100', (isReached, upstream, rounds) => {
    const hundred = figures([100, 100], [100, 100], [100, 100], [100, 100]);
    const costs = [cost('ours', rounds), cost('peer', hundred)].map((each) => ({ ...each, upstream }));
    const behaviour = [{ ...costs[1], backendPerSession: true } as unknown as Behaviour];

    const withAim = aimsOf(costs, behaviour).filter(({ aim }) => aim !== null);
    expect(withAim.map(({ measure, beside, reached }) => [measure, beside, reached])).toEqual([
      ['addedP50Us', 'stateful', isReached],
      ['callsPerSecond16', 'stateful', isReached],
      ['firstAnswerMs', 'stateful', isReached],
      ['rssPerSessionKiB', 'own backends', isReached],
    ]);
  });
});

describe('where a peer could not be measured', () => {
  const failure = { ...cost('broken', even), phase: 'load', reason: 'it ended' } as unknown as Failure;

  test('what is reached compared with the others is unknown, and what is missed is missed all the same', () => {
    const ownBackends = { ...cost('peer', even), stateful: true, backendPerSession: true } as unknown as Behaviour;
    const reachedWith = (ours: Cost['byRound'], behaviour: readonly Behaviour[] = []) =>
      aimsOf([cost('ours', ours), cost('peer', even)], [ownBackends, ...behaviour], [failure])
        .filter(({ aim }) => aim !== null)
        .map(({ reached }) => reached);

    expect(reachedWith(better)).toEqual([null, null, null, null]);
    expect(reachedWith({ ...even, rssPerSessionKiB: [101], firstAnswerMs: [101] })).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const stateless = { ...failure, stateful: false } as unknown as Behaviour;
    expect(reachedWith(better, [stateless])).toEqual([true, true, true, true]);
    const overStdio = { ...failure, wire: 'stdio' } as const;
    expect(aimsOf([cost('ours', better), cost('peer', even)], [], [overStdio])[0]?.reached).toBe(true);
  });

  test('the tables say so', () => {
    const aims = aimsOf([cost('ours', better), cost('peer', even)], [], [failure]);
    const lines = aimsTable({ peers: { aims } as unknown as PeersResult })
      .split('\n')
      .filter((line) => /added|calls|first answer/.test(line));

    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/; could not be measured: broken 1 \| [≤≥] [\d.]+ × \| unknown \|$/);
    const peers = { direct: [], contestants: [], effort: {}, failures: [failure] } as unknown as PeersResult;
    expect(peersTable(peers)).toContain('**Could not be measured:** broken 1, stdio backend (load: it ended).');
  });
});

test.each([
  [
    'with the delays of the event loop',
    { holdsLoopMs: measured([240]), loopDelayP99Ms: measured([230]) },
    '| 230 | 240 |',
  ],
  ['of an older result without them', {}, '| 70 | 80 |'],
])('a burst of questions is told %s', (_what, delays, figures) => {
  const [deliveredMs, completedMs, heapMiB] = [measured([60]), measured([70]), measured([80])];
  const own = { variant: 'ours', open: 1, sessions: 10, deliveredMs, completedMs, heapMiB, ...delays };

  const table = scaleTable({ burst: [own] } as unknown as ScaleResult);

  expect(table).toContain('| 60 | 70 |');
  expect(table).toContain(figures);
  expect(table).not.toContain('undefined');
});

test('peers with a backend for each session are compared with ours apart, with an aim for memory alone', () => {
  const costs = [cost('ours', even), cost('shared', better), cost('alike', even)];
  const behaviour = [{ ...costs[2], backendPerSession: true } as unknown as Behaviour];

  const aims = aimsOf(costs, behaviour);

  expect(aims.filter(({ beside }) => beside === 'stateful').map((aim) => aim.bestPeerName)).toEqual(
    Array.from({ length: 4 }, () => 'shared 1'),
  );
  const memory = aims.filter(({ measure }) => measure === 'rssPerSessionKiB');
  expect(memory.map(({ beside, aim, reached }) => [beside, aim, reached])).toEqual([
    ['stateful', null, null],
    ['own backends', '≤ 1', true],
  ]);
  const alike = aims.filter(({ measure, beside }) => beside === 'own backends' && measure !== 'rssPerSessionKiB');
  expect(alike.map(({ bestPeerName, aim, reached }) => [bestPeerName, aim, reached])).toEqual(
    Array.from({ length: 3 }, () => ['alike 1', null, null]),
  );
});

test('who speaks stdio with clients is compared with its like, and without an aim', () => {
  const remote = { ...cost('remote', even), upstream: 'http', wire: 'stdio' } as const;
  const http = { ...cost('served', even), upstream: 'http' } as const;
  const costs = [
    { ...cost('ours', better), upstream: 'http' as const },
    { ...cost('ours', better), name: 'ours over stdio', upstream: 'http' as const, wire: 'stdio' as const },
    remote,
    http,
  ];

  const behaviour = costs.map((each) => ({ ...each, backendPerSession: true }) as unknown as Behaviour);
  const aims = aimsOf(costs, behaviour).filter(({ wire, beside }) => wire === 'stdio' || beside === 'stateful');

  const told = aims.map(({ wire, bestPeerName, aim }) => [wire, bestPeerName, aim !== null]);
  expect(told.slice(0, 2)).toEqual(Array.from({ length: 2 }, () => [undefined, 'served 1', true]));
  expect(told.slice(4)).toEqual(Array.from({ length: 4 }, () => ['stdio', 'remote 1', false]));
  expect(aimsTable({ peers: { aims } as unknown as PeersResult })).toContain(
    'the command with `--stdio`, http backend',
  );
});

function figures(
  addedP50Us: readonly number[],
  callsPerSecond16: readonly number[],
  rssPerSessionKiB: readonly number[],
  firstAnswerMs: readonly number[],
): Cost['byRound'] {
  return { addedP50Us, callsPerSecond16, rssPerSessionKiB, firstAnswerMs };
}

function cost(name: string, byRound: Cost['byRound']): Cost {
  return {
    name,
    version: '1',
    upstream: 'stdio',
    wire: 'streamable-http',
    isOurs: name === 'ours',
    isPeer: name !== 'ours',
    stateful: true,
    byRound,
    addedP50Us: measured(byRound.addedP50Us),
    callsPerSecond16: measured(byRound.callsPerSecond16),
    rssPerSessionKiB: measured(byRound.rssPerSessionKiB),
    firstAnswerMs: measured(byRound.firstAnswerMs),
  } as unknown as Cost;
}
