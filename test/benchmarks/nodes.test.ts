import { describe, expect, test } from 'vitest';
import { nameOfResult } from '../../benchmarks/lib/program.js';
import type { HttpResult, RoutingResult, ScaleResult } from '../../benchmarks/lib/results.js';
import { measured } from '../../benchmarks/lib/statistics.js';
import { aimsTable } from '../../benchmarks/tables/aims.js';
import { contextShares, nodesTable } from '../../benchmarks/tables/nodes.js';

describe('results of other versions of Node', () => {
  const onThree = {
    routing: routing('v20.20.2', [1_100, 1_000, 1_200]),
    'routing-node22': routing('v22.23.3', [700]),
    'routing-node24': routing('v24.9.0', [650]),
  };

  test('are next to the usual one, line by line, blank where there is none', () => {
    const scale = { scale: whole('v20.20.2', 70), 'scale-node24': whole('v24.9.0', 50) };

    expect(cells(nodesTable({ ...onThree, ...scale }))).toEqual([
      ['by version of Node', 'Node 20', 'Node 22', 'Node 24'],
      ['---', '---', '---', '---'],
      ['routing a message, everything on, µs', '1.1 (1–1.2)', '0.7', '0.65'],
      ['… to a hand-written wrapper', '2 ×', '2 ×', '2 ×'],
      ['a wrapped transport, piped by hand, 10,000 sessions: processor time per message, µs', '70', '', '50'],
      ['… to a hand-written wrapper', '1.5 ×', '', '1.5 ×'],
    ]);
  });

  test('are told with the aim, which the usual one has to meet', () => {
    const [, , line = ''] = aimsTable(onThree).split('\n');

    expect(line).toContain('| 1.1 (1–1.2) µs; Node 22: 0.7 µs; Node 24: 0.65 µs | ≤ 1 µs | **no** |');
  });

  test.each([
    ['the usual Node alone', { routing: routing('v20.20.2', [1_100]), http: http('v20.20.2') }],
    ['one Node for one benchmark, another for another', { routing: onThree.routing, 'http-node24': http('v24.9.0') }],
    ['nothing', {}],
  ])('make no table of %s', (_what, results) => {
    expect(nodesTable(results)).toBeUndefined();
  });
});

test('the share of async contexts is told by version of Node, from the least to the greatest, where the whole interval says that the wrapper adds anything', () => {
  const usual = http('v20.20.2', [1.1, 1.05], [1.2, 1.04], [0.9, 1.3], [1.001, 0.9, 0.95]);
  const results = { http: usual, 'http-node24': http('v24.9.0', [1.1, 0.99]) };

  expect(contextShares(results)).toContain(' add 20 to 50 % of that on Node 20 and -10 to -10 % of that on Node 24,');
});

test('no share is told where the wrapper adds nothing, or nothing was measured', () => {
  expect(contextShares({ http: http('v20.20.2', [0.99, 1.1]) })).toBeUndefined();
  expect(contextShares({})).toBeUndefined();
});

describe('a result is called', () => {
  test.each([
    ['routing', undefined, 'routing'],
    ['routing', 'routing-node22', 'routing-node22'],
    ['http', 'http-node24', 'http-node24'],
  ] as const)('of %s with --name %s: %s', (benchmark, name, called) => {
    expect(nameOfResult({ name }, benchmark)).toBe(called);
  });

  test('nothing that belongs to another benchmark, or to none', () => {
    expect(() => nameOfResult({ name: 'http-node22' }, 'routing')).toThrow('routing, routing-node22, routing-node24');
    expect(() => nameOfResult({ name: 'routing-node21' }, 'routing')).toThrow('--name routing-node21');
  });
});

function routing(node: string, nsPerMessage: readonly number[]): RoutingResult {
  const row = { variant: 'ours, everything on', inFlight: 1, toHandWrittenInProcess: measured([1]) };
  return {
    node,
    cycle: [
      { ...row, nsPerMessage: measured(nsPerMessage), toHandWritten: measured([2]), toOneInFlight: measured([1]) },
    ],
    sessions: [],
    bytes: { perIdleSession: {}, perRequestInFlight: {} },
  } as unknown as RoutingResult;
}

/** @param ratios of the wrapped server, and of async contexts alone, to the bare one: for each line */
function http(
  node: string,
  ...ratios: readonly (readonly [wrapped: number, context: number, low?: number])[]
): HttpResult {
  const to = (ratio: number, low = ratio) => ({ time: { ratio, low, high: ratio } });
  const lines = ratios.length === 0 ? [[1, 1] as const] : ratios;
  const rows = lines.map(([wrapped, context, low]) => ({
    workload: 'echo',
    concurrency: 1,
    wrappedToBare: to(wrapped, low),
    contextToBare: to(context),
  }));
  return { node, rows } as unknown as HttpResult;
}

function whole(node: string, us: number): ScaleResult {
  const row = { variant: 'ours', sessions: 10_000, usPerMessage: measured([us]), toHandWritten: measured([1.5]) };
  return { node, cost: [row] } as unknown as ScaleResult;
}

function cells(table = ''): string[][] {
  return table.split('\n').map((line) => line.slice(2, -2).split(' | '));
}
