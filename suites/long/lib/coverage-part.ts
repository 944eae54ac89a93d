/** What the page says of coverage. */
import { at, n, table, type Json } from '../../lib/markdown.js';

export function coverage(result: Json): string {
  const folders = Object.entries(result['folders'] as Record<string, unknown>);
  const rows = [...folders, ['all', result['total']] as const].map(([folder, sums]) => [
    folder,
    percent(at(sums, 'branches')),
    percent(at(sums, 'lines')),
  ]);
  return `${table(['folder', 'branches', 'lines'], rows)}

${result['passed'] === true ? '' : '**The run failed**, so these numbers do not cover all tests. '}${routing(result)}

What is not reached, and why:

${folders.flatMap(([folder, sums]) => unreached(folder, sums)).join('\n')}`;
}

/** Why something of a folder is not reached. Read again what is written here when a number changes much. */
const UNREACHED: Readonly<Record<string, string>> = {
  src:
    'where debug lines go when the command runs (`debug.ts`), and a unit of time that the expression before it does not let ' +
    'through (`durations.ts`).',
  'src/cli':
    '`src/cli.ts`, `run.ts`, `shutdown.ts`, `metrics.ts`, `stdio-mode.ts` and `stdio-transport.ts` run in processes of their own ' +
    'only, whose coverage is not counted, and so do the branches for a process that fails of `child.ts`, `children.ts`, `logs.ts`, ' +
    '`server.ts`, `upstream.ts` and `values.ts`: `test/cli`, `test/security`, `npm run soak` and `npm run conformance` run ' +
    'them as the command that is published. Their built code has no map back to the source, by which it could be counted.',
  'src/streams': 'an `assertNever`, and a signal that is none, which another platform might hand over with a request.',
  'src/proxy':
    'what comes a moment after the end of its session (a message or an error of the backend, the answer to a probe, a second ' +
    '`close()`), the answer 500 to errors of ours that no request is known to cause, and values that the types admit and ' +
    'Node does not send, such as a request without a method.',
  'src/register':
    '`src/register.ts`, `hooks.ts`, `modules.ts`, `private-members.ts` and `wrap-class.ts` run as a preload of processes of their own ' +
    'only (`test/register`), whose coverage is not counted.',
  'src/interceptor':
    'each `assertNever`, a message that is parked though nobody watches the streams (which throws, because it cannot be), and ' +
    'second halves of `??` and `?.` where the types cannot say what the order of calls makes certain.',
};

function unreached(folder: string, sums: unknown): string[] {
  const [covered, total] = [at(at(sums, 'branches'), 'covered'), at(at(sums, 'branches'), 'total')];
  // Of routing, the line above says it: there is no reason that would do.
  if (covered === total || folder === 'src/routing') return [];
  const why = UNREACHED[folder];
  if (why === undefined)
    throw new Error(`${folder}: ${String(covered)} of ${String(total)} branches, and nobody says why`);
  return [`- \`${folder}\`: ${why}`];
}

function routing({ folders }: Json): string {
  const branches = at(at(folders, 'src/routing'), 'branches');
  const missed = Number(at(branches, 'total')) - Number(at(branches, 'covered'));
  if (Number.isNaN(missed)) return '**`src/routing` was not measured**.';
  if (missed === 0) return 'Every branch of `src/routing` is reached; the command fails otherwise.';
  return missed === 1
    ? '**1 branch of `src/routing` is not reached**.'
    : `**${n(missed)} branches of \`src/routing\` are not reached**.`;
}

function percent(count: unknown): string {
  const [covered, total] = [Number(at(count, 'covered')), Number(at(count, 'total'))];
  return total === 0 ? '' : `${(Math.floor((covered / total) * 1_000) / 10).toFixed(1)} % of ${n(total)}`;
}
