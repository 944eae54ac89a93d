/** `npm run mutants`: puts each fault into a copy of the source, and sees whether the tests catch it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DELIVERY_MUTANTS } from './delivery.js';
import { LIFE_MUTANTS } from './life.js';
import type { Mutant } from './mutant.js';

const MUTANTS: readonly Mutant[] = [...DELIVERY_MUTANTS, ...LIFE_MUTANTS];

/** The search first: where it catches a fault, the other tests need not be asked. */
const SUITES: readonly (readonly string[])[] = [
  ['test/properties'],
  ['test/routing', 'test/transport', 'test/http', 'test/regression/sequences.test.ts'],
];
/** The same sequences each time, so that a mutant is caught or survives for good. */
const SEED = '20260728';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Result extends Pick<Mutant, 'line' | 'name' | 'file'> {
  readonly caughtBy: string | undefined;
  readonly seconds: number;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly title: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function copy(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'mutants-'));
  for (const name of ['src', 'test', 'examples', 'versions/lib', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  await symlink(await realpath(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
  return folder;
}

/** Which test fails, if one does. */
async function failing(folder: string, suite: readonly string[]): Promise<string | undefined> {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', ...suite, '--bail=1', '--reporter=json', `--outputFile=${report}`];
  const env = { ...process.env, PROPERTY_SEED: SEED, PROPERTY_RUNS: '3000' };
  const failed = await new Promise<boolean>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, timeout: 120_000 }, (error) => {
      resolve(error !== null);
    });
  });
  if (!failed) return undefined;
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return `${suite.join(', ')}: it does not end`;
  for (const { name, status, assertionResults } of (JSON.parse(text) as Report).testResults) {
    const test = assertionResults.find((result) => result.status === 'failed');
    const [broken] = test?.failureMessages.join('\n').match(/Broken: [^:\n]*/) ?? [];
    const where = name.replace(`${folder}/`, '');
    if (test !== undefined) return `${where}: ${broken?.replace('Broken: ', '') ?? test.title}`;
    if (status === 'failed') return `${where}: it does not run`;
  }
  return `${suite.join(', ')}: an error outside of any test`;
}

/** The source has changed since a mutant was written, if it does not have what is replaced exactly once. */
async function outdated(): Promise<string[]> {
  const found = await Promise.all(
    MUTANTS.map(async ({ name, file, search }) => {
      const times = (await readFile(join(ROOT, file), 'utf8')).split(search).length - 1;
      return times === 1 ? [] : [`the mutant "${name}" looks for what is ${times} times in ${file}:\n${search}`];
    }),
  );
  return found.flat();
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
  let caughtBy: string | undefined;
  try {
    for (const suite of SUITES) caughtBy ??= await failing(folder, suite);
  } finally {
    await writeFile(path, source);
  }
  return { line, name, file, caughtBy, seconds: Math.round((Date.now() - began) / 100) / 10 };
}

const old = await outdated();
if (old.length > 0) throw new Error(old.join('\n\n'));
const folder = await copy();
const results: Result[] = [];
try {
  for (const suite of SUITES) {
    const broken = await failing(folder, suite);
    if (broken !== undefined) throw new Error(`the tests fail without any mutant: ${broken}`);
  }
  const chosen = MUTANTS.filter(({ name }) => name.includes(process.argv[2] ?? ''));
  for (const mutant of chosen) {
    const result = await tried(folder, mutant);
    results.push(result);
    console.log(`${result.line.padEnd(5)} ${result.name}: ${result.caughtBy ?? 'SURVIVED'}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const survived = results.filter(({ caughtBy }) => caughtBy === undefined);
console.log(`${results.length} mutants, ${results.length - survived.length} caught, ${survived.length} survived`);
if (process.argv[2] === undefined) {
  const environment = { date: new Date().toISOString(), node: process.version, seed: Number(SEED) };
  await mkdir(join(ROOT, 'docs/results'), { recursive: true });
  await writeFile(
    join(ROOT, 'docs/results/mutants.json'),
    `${JSON.stringify({ ...environment, mutants: results.length, survived: survived.length, results }, null, 2)}\n`,
  );
}
process.exitCode = survived.length === 0 ? 0 : 1;
