/**
 * Runs every test with coverage, and keeps the sums. Fails where a test does, and where a branch of
 * `src/routing` is not reached.
 *
 *     npm run coverage
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { environment } from '../benchmarks/lib/environment.js';
import { keep, ROOT } from './lib/results.js';

interface Count {
  readonly total: number;
  readonly covered: number;
}

interface Sums {
  readonly lines: Count;
  readonly branches: Count;
}

const { status } = spawnSync(process.execPath, [`${ROOT}node_modules/vitest/vitest.mjs`, 'run', '--coverage'], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

const text = await readFile(`${ROOT}coverage/coverage-summary.json`, 'utf8');
const files = Object.entries(JSON.parse(text) as Record<string, Sums>).flatMap(([file, sums]) =>
  file === 'total' ? [] : [{ file: relative(ROOT, file), sums }],
);
const folders = [...new Set(files.map(({ file }) => folderOf(file)))].sort();
const { date, commit, node } = environment(['src', 'test', 'examples', 'package.json']);
const result = {
  ...{ date, commit, node, passed: status === 0 },
  folders: Object.fromEntries(folders.map((folder) => [folder, sumOf((file) => folderOf(file) === folder)])),
  total: sumOf(() => true),
};
await keep('coverage', result);

/** `src/routing/route.ts`: `src/routing`; `src/cli.ts`: `src`. */
function folderOf(file: string): string {
  return file.split('/').slice(0, -1).join('/');
}

function sumOf(isMeant: (file: string) => boolean): Sums {
  const meant = files.filter(({ file }) => isMeant(file)).map(({ sums }) => sums);
  const sum = (of: keyof Sums): Count => ({
    total: meant.reduce((total, sums) => total + sums[of].total, 0),
    covered: meant.reduce((covered, sums) => covered + sums[of].covered, 0),
  });
  return { lines: sum('lines'), branches: sum('branches') };
}
