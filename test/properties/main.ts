/** `npm run properties`: as many sequences as it takes to believe it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { taken } from './model/commands.js';
import { runFrom, search } from './model/property.js';

const run = runFrom(process.env, 100_000);
const began = Date.now();
console.log(`${run.runs} sequences, seed ${run.seed}`);
await search(run);
const seconds = Math.round((Date.now() - began) / 100) / 10;
console.log(`${run.runs} sequences, ${taken.steps} steps, seed ${run.seed}, ${seconds} s: no counter-example`);

const result = {
  date: new Date().toISOString(),
  node: process.version,
  seed: run.seed,
  sequences: run.runs,
  commands: taken.steps,
  seconds,
};
// A replay, or a short run, is no result to report.
if (run.path === undefined && run.runs >= 100_000) {
  const folder = fileURLToPath(new URL('../../docs/results', import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'properties.json'), `${JSON.stringify(result, null, 2)}\n`);
}
