import { describe, expect, test } from 'vitest';
import type { ScaleResult } from '../../benchmarks/lib/results.js';
import { measured } from '../../benchmarks/lib/statistics.js';
import { aimsOf } from '../../benchmarks/peers/aims.js';
import type { Behaviour, Cost, Failure, PeersResult } from '../../benchmarks/peers/results.js';
import { aimsTable } from '../../benchmarks/tables/aims.js';
import { peersTable } from '../../benchmarks/tables/peers.js';
import { scaleTable } from '../../benchmarks/tables/scale.js';

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
    [true, { addedP50Us: [50, 60], callsPerSecond16: [135, 130], rssPerSessionKiB: [90, 100] }],
    [false, { addedP50Us: [50, 61], callsPerSecond16: [135, 129], rssPerSessionKiB: [90, 101] }],
  ])('%s compared with the best peer, for %j to 100', (isReached, rounds) => {
    const hundred = { addedP50Us: [100, 100], callsPerSecond16: [100, 100], rssPerSessionKiB: [100, 100] };
    const costs = [cost('ours', rounds), cost('peer', hundred)];

    expect(aimsOf(costs, []).map(({ measure, beside, reached }) => [measure, beside, reached])).toEqual([
      ['addedP50Us', 'stateful', isReached],
      ['callsPerSecond16', 'stateful', isReached],
      ['rssPerSessionKiB', 'stateful', isReached],
    ]);
  });
});

describe('where a peer could not be measured', () => {
  const even = { addedP50Us: [100], callsPerSecond16: [100], rssPerSessionKiB: [100] };
  const better = { addedP50Us: [50], callsPerSecond16: [200], rssPerSessionKiB: [50] };
  const failure = { ...cost('broken', even), phase: 'load', reason: 'it ended' } as unknown as Failure;

  test('what is reached compared with the others is unknown, and what is missed is missed all the same', () => {
    const reachedWith = (ours: Cost['byRound'], behaviour: readonly Behaviour[] = []) =>
      aimsOf([cost('ours', ours), cost('peer', even)], behaviour, [failure]).map(({ reached }) => reached);

    expect(reachedWith(better)).toEqual([null, null, null]);
    expect(reachedWith({ ...even, rssPerSessionKiB: [101] })).toEqual([false, false, false]);
    const stateless = { ...failure, stateful: false } as unknown as Behaviour;
    expect(reachedWith(better, [stateless])).toEqual([true, true, true]);
  });

  test('the tables say so', () => {
    const aims = aimsOf([cost('ours', better), cost('peer', even)], [], [failure]);
    const lines = aimsTable({ peers: { aims } as unknown as PeersResult })
      .split('\n')
      .slice(2, 5);

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

test('peers with a backend for each session are compared with ours apart, and without an aim', () => {
  const even = { addedP50Us: [100], callsPerSecond16: [100], rssPerSessionKiB: [100] };
  const better = { addedP50Us: [50], callsPerSecond16: [200], rssPerSessionKiB: [50] };
  const costs = [cost('ours', even), cost('shared', better), cost('alike', even)];
  const behaviour = [{ ...costs[2], backendPerSession: true } as unknown as Behaviour];

  const aims = aimsOf(costs, behaviour);

  expect(aims.filter(({ beside }) => beside === 'stateful').map((aim) => aim.bestPeerName)).toEqual(
    Array.from({ length: 3 }, () => 'shared 1'),
  );
  const alike = aims.filter(({ beside }) => beside === 'own backends');
  expect(alike.map(({ bestPeerName, aim, reached }) => [bestPeerName, aim, reached])).toEqual(
    Array.from({ length: 3 }, () => ['alike 1', null, null]),
  );
});

test('ours with an older SDK has no aim and is nobody to be compared with: it is told with the aims', () => {
  const even = { addedP50Us: [100], callsPerSecond16: [100], rssPerSessionKiB: [100] };
  const better = { addedP50Us: [50], callsPerSecond16: [200], rssPerSessionKiB: [50] };
  const older = { ...cost('ours, older', better), isPeer: false, isOlderSdk: true, sdk: '1.24.3' };
  const costs = [cost('ours', even), cost('peer', even), older, { ...older, upstream: 'http' as const }];

  const aims = aimsOf(costs, []);

  expect(
    aims.map(({ bestPeerName, upstream, ratio, olderSdk }) => [bestPeerName, upstream, ratio.median, olderSdk]),
  ).toEqual(
    [0.5, 2, 0.5].map((ratio, at) => [
      'peer 1',
      'stdio',
      1,
      { sdk: '1.24.3', ours: measured([[50], [200], [50]][at] ?? []), ratio: measured([ratio]) },
    ]),
  );
  expect(aimsTable({ peers: { aims } as unknown as PeersResult })).toContain('; with SDK 1.24.3: 0.5 × |');
});

function cost(name: string, byRound: Cost['byRound']): Cost {
  return {
    name,
    version: '1',
    upstream: 'stdio',
    isOurs: name === 'ours',
    isPeer: name !== 'ours',
    stateful: true,
    byRound,
    addedP50Us: measured(byRound.addedP50Us),
    callsPerSecond16: measured(byRound.callsPerSecond16),
    rssPerSessionKiB: measured(byRound.rssPerSessionKiB),
  } as unknown as Cost;
}
