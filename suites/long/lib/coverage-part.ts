/** The part of the page about coverage. */
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
    '`null-for-absent.ts` gets the `null`s of real servers and clients in the process of the command only, whose coverage is not ' +
    'counted (`test/regression/real-peers`). Not reached at all: a unit of time that the expression before it does not let ' +
    'through (`durations.ts`), and second halves of `??` where the types cannot say that there is a value.',
  'src/backends':
    '`outline.ts`, `messages.ts`, `message-lines.ts` and the refusals of `sse-transport.ts` run in the process of the command ' +
    'only, whose coverage is not counted: `test/regression/real-peers` has servers behind it that write what is no clean ' +
    'message, and that refuse.',
  'src/backends/http':
    'a backend that closes, or is asked for the same again, between two steps of the code (`renewing-transport.ts`, ' +
    '`standalone-stream.ts`), refusals and proxies that only the command meets, and a Node that can read zstd.',
  'src/backends/stdio':
    '`message-reader.ts`, `loose-json.ts` and `quoted-messages.ts` read what is no clean line of JSON, and `child-transport.ts` ' +
    'tells how a server failed, in the process of the command only, whose coverage is not counted (`test/cli`, ' +
    '`test/regression/real-peers`). `find-command.ts` and `process-groups.ts` have branches for Windows.',
  'src/cli':
    '`src/cli.ts`, `run.ts`, `parent.ts`, `protected-resource.ts`, `shutdown.ts`, `metrics.ts`, `stdio-mode.ts` and most of ' +
    '`stdio-server-transport.ts` run in processes of their own only, whose coverage is not counted, and so do the branches for ' +
    'what fails of `endpoint.ts`, `upstream-factory.ts`, `logs.ts`, `client-secrets.ts`, `secrets.ts`, `options.ts` and ' +
    '`values.ts`: `test/cli`, `test/security`, `test/regression/real-peers`, `npm run soak` and `npm run conformance` run them as ' +
    'the command that is published. Their built code has no map back to the source, by which it could be counted.',
  'src/streams':
    'an `assertNever`, a signal that is none, which another platform might hand over with a request, a body that was read or ' +
    'could not be parsed before the transport has it, and one that is too long to look for answers in it.',
  'src/proxy':
    'what becomes of a token that is replaced in mid-session, and of a refusal that the client is to hear of (`credential.ts`, ' +
    '`session.ts`, `admission.ts`, `exchange.ts`, `held-answer.ts`, `probe.ts`): `test/regression/real-peers` has the command do ' +
    'it, in a process whose coverage is not counted. Not reached at all: what comes a moment after the end of its session (a ' +
    'message or an error of the backend, the answer to a probe, a second `close()`), the answer 500 to errors of ours that no ' +
    'request is known to cause, and values that the types admit and Node does not send, such as a request without a method.',
  'src/register':
    '`src/register.ts`, `hooks.ts`, `modules.ts`, `private-members.ts` and `wrap-class.ts` run as a preload of processes of their own ' +
    'only (`test/register`), whose coverage is not counted.',
  'src/interceptor':
    'each `assertNever`, a message that is parked though nobody watches the streams (which throws, because it cannot be), the ' +
    'warning after the last one that is shown, and second halves of `??` and `?.` where the types cannot say what the order of ' +
    'calls makes certain.',
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
