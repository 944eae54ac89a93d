/**
 * Writes `docs/reliability.md` from the results in `docs/results`.
 *
 *     npm run report [-- --check]
 *
 * `--check` writes nothing, and fails if the page is not what the results say.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { securityOf } from './lib/security.js';
import { page, RESULTS, type Json } from './lib/page.js';

const DOCS = fileURLToPath(new URL('../docs', import.meta.url));
const FILE = `${DOCS}/reliability.md`;

const results = new Map<string, Json>();
for (const name of RESULTS) {
  const text = await readIfThere(`${DOCS}/results/${name}.json`);
  if (text !== undefined) results.set(name, JSON.parse(text) as Json);
}
results.set('security', { ...securityOf(await readFile(`${DOCS}/../SECURITY.md`, 'utf8')) });
const text = await format(page(results), { ...(await resolveConfig(FILE)), parser: 'markdown' });
if (!process.argv.includes('--check')) {
  await writeFile(FILE, text);
} else if ((await readIfThere(FILE)) !== text) {
  console.error('docs/reliability.md is not what the results say: npm run report');
  process.exitCode = 1;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
