import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './suite.js';

/** Keeps a result where `npm run report` finds it. */
export async function keep(name: string, result: object): Promise<void> {
  const folder = join(ROOT, 'docs/results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}
