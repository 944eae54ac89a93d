/** What the page says of proxies with a modern client, as it was seen. */
import { expect, test } from 'vitest';
import { MODERN_TASKS, type ModernOutcome, type ModernTask } from '../../benchmarks/peers/results.js';
import { peersErasTable } from '../../benchmarks/tables/peers-eras.js';
import { environment } from '../../suites/lib/environment.js';

const PEER = { name: 'peer', version: '1.0.0', upstream: 'stdio', isOurs: false, isPeer: true } as const;

function rowWith(some: Partial<Record<ModernTask, ModernOutcome>>): readonly string[] {
  const outcomes = Object.fromEntries(MODERN_TASKS.map((task) => [task, some[task] ?? { kind: 'works' as const }]));
  const table = peersErasTable({
    environment: environment(),
    behaviour: [{ ...PEER, wire: 'streamable-http', outcomes: outcomes as Record<ModernTask, ModernOutcome> }],
    failures: [],
  });
  const row = table.split('\n').at(-1) ?? '';
  return row.split('|').map((cell) => cell.trim());
}

test('each task has its column, and whatever does not work stands out', () => {
  const row = rowWith({
    'plain call': { kind: 'hangs' },
    elicitation: { kind: 'refused', status: 400, code: -32_000 },
    sampling: { kind: 'refused', status: null, code: -32_601 },
    roots: { kind: 'refused', status: null, code: null },
    cancel: { kind: 'lost' },
  });

  expect(row.slice(1, -1)).toEqual([
    'peer 1.0.0',
    'stdio',
    'Streamable HTTP',
    'works',
    '**hangs**',
    '**refused (400, -32000)**',
    '**refused (-32601)**',
    '**refused**',
    'works',
    '**lost**',
  ]);
});
