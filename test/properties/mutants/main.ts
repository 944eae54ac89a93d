/** `npm run mutants`: puts each fault into a copy of the source, and sees whether the tests catch it. */
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../../suites/lib/environment.js';
import { keep, ROOT } from '../../../suites/lib/results.js';
import { runVitest } from '../../../suites/lib/vitest.js';
import { MUTANTS, outdated } from './all.js';
import type { Mutant } from './mutant.js';
import { verdictOf, type Catch } from './verdict.js';

/** The search first: where it catches a fault, the other tests need not be asked. */
const SUITES: readonly (readonly string[])[] = [
  ['test/properties'],
  [
    'test/routing',
    'test/interceptor',
    'test/streams',
    'test/regression/sequences.test.ts',
    'real-peers/44-answer-refused',
    'real-peers/62-unwritable',
    'real-peers/63-',
  ],
];
/** The search knows nothing of HTTP and of text. */
const HTTP_SUITES: readonly (readonly string[])[] = [
  ['test/http'],
  [
    'test/contract',
    'test/e2e/liveness',
    'test/proxy/exact-text',
    ...['44-', '46-', '53-', '56-', '61-', '65-'].map((number) => `real-peers/${number}`),
  ],
];
const CLUSTER_SUITES: readonly (readonly string[])[] = [
  ['cluster/once', 'cluster/forward', 'cluster/inner-request', 'cluster/adoption'],
  ['cluster/three-nodes', 'cluster/moved'],
];
/** One of them runs the command, which is built from the sources as they are. */
const MODERN_SUITES: readonly (readonly string[])[] = [['test/modern', '--exclude=**/who-was-asked.test.ts']];
/** The same sequences each time, so that a mutant is caught or survives for good. */
const SEED = '20260728';

interface Result extends Pick<Mutant, 'line' | 'name' | 'file'>, Partial<Catch> {
  readonly seconds: number;
}

async function copy(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'mutants-'));
  for (const name of ['src', 'test', 'examples', 'suites/lib', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  // The command is built from the sources as they are: tests that run it catch nothing, but they pass.
  for (const name of ['node_modules', 'dist']) await symlink(await realpath(join(ROOT, name)), join(folder, name));
  return folder;
}

async function caught(folder: string, suite: readonly string[]): Promise<Catch | undefined> {
  const run = await runVitest({
    folder,
    args: [...suite, '--bail=1'],
    env: { PROPERTY_SEED: SEED, PROPERTY_RUNS: '3000' },
    timeoutMs: 120_000,
  });
  return verdictOf(run, suite.join(', '), folder);
}

async function tried(folder: string, mutant: Mutant): Promise<Result> {
  const { line, name, file, search, replace } = mutant;
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  const began = Date.now();
  await writeFile(
    path,
    source.replace(search, () => replace),
  );
  let found: Catch | undefined;
  try {
    for (const suite of suitesFor(mutant)) found ??= await caught(folder, suite);
  } catch (cause) {
    throw new Error(`the mutant "${name}" is no program that runs`, { cause });
  } finally {
    await writeFile(path, source);
  }
  return { line, name, file, ...found, seconds: Math.round((Date.now() - began) / 100) / 10 };
}

function suitesFor({ file, line }: Mutant): typeof SUITES {
  if (line === 'nodes') return CLUSTER_SUITES;
  if (/^src\/(modern|proxy\/modern|json-text)/.test(file)) return MODERN_SUITES;
  return file.startsWith('src/http/') || /^src\/(original-text|json-messages)/.test(file) ? HTTP_SUITES : SUITES;
}

function describe({ how, caughtBy }: Result): string {
  if (how === undefined) return 'SURVIVED';
  return how === 'a test fails' ? String(caughtBy) : `${String(caughtBy)}: ${how}`;
}

/** Parts of the files and names of those to be tried: none stands for all. */
const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(
  ({ name, file }) => wanted.length === 0 || wanted.some((part) => `${file} ${name}`.includes(part)),
);
const { date, commit, node, machine } = environment(['src', 'test', 'package.json']);
const old = await outdated(MUTANTS);
if (old.length > 0) throw new Error(old.join('\n\n'));
const folder = await copy();
const results: Result[] = [];
try {
  for (const suite of new Set(chosen.flatMap(suitesFor))) {
    const broken = await caught(folder, suite);
    if (broken !== undefined) throw new Error(`the tests fail without any mutant: ${broken.caughtBy}`);
  }
  for (const mutant of chosen) {
    const result = await tried(folder, mutant);
    results.push(result);
    console.log(`${result.line.padEnd(5)} ${result.name}: ${describe(result)}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const survived = results.filter(({ caughtBy }) => caughtBy === undefined);
console.log(`${results.length} mutants, ${results.length - survived.length} caught, ${survived.length} survived`);
if (wanted.length === 0) {
  const told = results.filter(({ how }) => how === 'a test fails').length;
  const counts = { mutants: results.length, survived: survived.length, caughtByTests: told };
  await keep('mutants', { ...{ date, commit, node, machine, seed: Number(SEED) }, ...counts, results });
}
process.exitCode = survived.length === 0 ? 0 : 1;
