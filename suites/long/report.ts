/**
 * Writes `docs/reliability.md` from the results in `docs/results`, from `docs/threat-model.md` and from the regression
 * tests.
 *
 *     npm run report [-- --check]
 *
 * Warns about results that were measured before the source last changed. The page names the commit of each result.
 * `--check` writes nothing, and fails if the page does not match the results.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../lib/results.js';
import { causesOf } from './lib/causes.js';
import type { Json } from '../lib/markdown.js';
import { page, RESULTS } from './lib/page.js';
import { securityOf } from './lib/security.js';
import { staleness } from './lib/stale.js';

const DOCS = `${ROOT}docs`;
const FILE = `${DOCS}/reliability.md`;

const results = new Map<string, Json>();
for (const name of RESULTS) {
  const text = await readIfThere(`${DOCS}/results/${name}.json`);
  if (text !== undefined) results.set(name, JSON.parse(text) as Json);
}
results.set('security', { ...securityOf(await readFile(`${DOCS}/threat-model.md`, 'utf8')) });
results.set('causes', { ...causesOf(await regressions()) });
const text = await format(page(results), { ...(await resolveConfig(FILE)), parser: 'markdown' });
if (!process.argv.includes('--check')) {
  await writeFile(FILE, text);
  // Not on the page: what it said would be wrong with the next commit.
  for (const [name, result] of results) for (const warning of staleness(name, result, ROOT)) console.warn(warning);
} else if ((await readIfThere(FILE)) !== text) {
  console.error('docs/reliability.md is not what the results say: npm run report');
  process.exitCode = 1;
}

async function regressions(): Promise<Map<string, string>> {
  const names = (await readdir(`${ROOT}test/regression`)).filter((name) => name.endsWith('.test.ts')).sort();
  const files = names.map((name) => `test/regression/${name}`);
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(`${ROOT}${file}`, 'utf8')] as const)),
  );
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
