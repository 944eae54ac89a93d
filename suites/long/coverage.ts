/**
 * Runs every test with coverage, and keeps the totals. Fails if a test fails, or if a branch of `src/routing` is not
 * reached.
 *
 *     npm run coverage
 */
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { environment } from '../lib/environment.js';
import { keep, ROOT } from '../lib/results.js';
import { runVitest } from '../lib/vitest.js';

interface Count {
  readonly total: number;
  readonly covered: number;
}

interface Sums {
  readonly lines: Count;
  readonly branches: Count;
}

// What is tested, before it may change under the run.
const measured = environment(['src', 'test', 'examples', 'package.json']);
const { passed } = await runVitest({ folder: ROOT, args: ['--coverage', '--coverage.reportOnFailure'], isShown: true });
process.exitCode = passed ? 0 : 1;

const text = await readFile(`${ROOT}coverage/coverage-summary.json`, 'utf8');
const files = Object.entries(JSON.parse(text) as Record<string, Sums>).flatMap(([file, sums]) =>
  file === 'total' ? [] : [{ file: relative(ROOT, file), sums }],
);
const folders = [...new Set(files.map(({ file }) => folderOf(file)))].sort();
const result = {
  ...measured,
  passed,
  folders: Object.fromEntries(folders.map((folder) => [folder, sumOf((file) => folderOf(file) === folder)])),
  total: sumOf(() => true),
};
await keep('coverage', result);

/** `src/routing/route.ts`: `src/routing`. What stands before a folder of its name belongs to it: `src/cli.ts` to `src/cli`. */
function folderOf(file: string): string {
  const folder = dirname(file);
  const own = file.replace(/\.ts$/, '');
  return files.some((other) => dirname(other.file) === own) ? own : folder;
}

function sumOf(isMeant: (file: string) => boolean): Sums {
  const meant = files.filter(({ file }) => isMeant(file)).map(({ sums }) => sums);
  const sum = (of: keyof Sums): Count => ({
    total: meant.reduce((total, sums) => total + sums[of].total, 0),
    covered: meant.reduce((covered, sums) => covered + sums[of].covered, 0),
  });
  return { lines: sum('lines'), branches: sum('branches') };
}
