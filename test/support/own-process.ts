/**
 * Which files of tests need a process of their own. The others take turns in a few: to load Vitest, the SDK and our
 * sources takes half a second of a processor, and that is more than most files need for their tests.
 *
 * Whatever changes or measures its process needs one of its own, and so does whatever imports a helper that does. That is
 * read from the text, so that nobody has to think of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const OF_THE_PROCESS = new RegExp(
  [
    // Clocks and modules that are replaced, and what is patched.
    /useFakeTimers|vi\.(mock|doMock|hoisted|spyOn|stub)|globalThis|\.prototype\b|debug\.(enable|disable|log)/,
    // Memory, handles and listeners.
    /WeakRef|memoryUsage|createHook|getActiveResourcesInfo|process\.(listenerCount|emitWarning)|node:inspector/,
    /process\.(on|once|off|prependListener)\('(unhandled|uncaught|warning|exit|SIG|before)/,
    /from '.*\/gc\.js'/,
    // What is set once for all that run in it.
    /@opentelemetry|node:module|node:diagnostics_channel|long-ids/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** Of a helper, it would be called for the tests of one file only: the first one that loads the helper. */
const HOOK = /^(before|after)(Each|All)\(/m;
/** They wait for processes, browsers, networks and clocks, and would gain little. */
const WAITING = /\/test\/(benchmarks|cluster|doctor|examples|lint|live|package|regression\/real-peers|suites|types)\//;
/** When their tests are over, time limits of theirs still run. They end with the process. */
const WITH_TIMERS = [
  'test/backends/modern/exact.test.ts',
  'test/contract/bounds.test.ts',
  'test/contract/order.test.ts',
  'test/contract/routing.test.ts',
  'test/contract/send-options.test.ts',
  'test/e2e/liveness/batch.test.ts',
  'test/e2e/what-users-see.test.ts',
  'test/http/differential.test.ts',
  'test/interceptor/origin.test.ts',
  'test/modern/door-params.test.ts',
  'test/modern/door-refused-answer.test.ts',
  'test/modern/door-security.test.ts',
  'test/modern/door-streams.test.ts',
  'test/provenance/over-http.test.ts',
  'test/proxy/call-turns.test.ts',
  'test/proxy/listener.test.ts',
  'test/proxy/reports.test.ts',
  'test/proxy/slow-client.test.ts',
  'test/register/shield-proxy.test.ts',
  'test/regression/contexts-and-cancellations.test.ts',
  'test/regression/hostile-values.test.ts',
  'test/regression/ids.test.ts',
  'test/security/smuggling.test.ts',
].map((name) => join(ROOT, name));
const IMPORT = /(?:from|import|import\() ?'(\.[^']+)\.js'/g;
/** The sources keep what they must by request, session or object. */
const SOURCES = join(ROOT, 'src/');

/** Paths from the root of the project. */
export function filesWithOwnProcess(): string[] {
  const known = new Map<string, boolean>();
  const needsOne = (file: string, isHelper: boolean): boolean => {
    const found = known.get(file);
    if (found !== undefined) return found;
    // For modules that import one another.
    known.set(file, false);
    const text = readFileSync(file, 'utf8');
    const needs =
      (!isHelper && (WAITING.test(file) || WITH_TIMERS.includes(file))) ||
      OF_THE_PROCESS.test(text) ||
      (isHelper && HOOK.test(text)) ||
      importsOf(file, text).some((imported) => needsOne(imported, true));
    known.set(file, needs);
    return needs;
  };
  return readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(ROOT, 'test', name))
    .filter((file) => needsOne(file, false))
    .map((file) => relative(ROOT, file));
}

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)]
    .map(([, module = '']) => `${resolve(dirname(file), module)}.ts`)
    .filter((imported) => !imported.startsWith(SOURCES) && existsSync(imported));
}
