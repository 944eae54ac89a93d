import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** Keeps a result where `npm run report` finds it. */
export async function keep(name: string, result: object): Promise<void> {
  await mkdir(`${ROOT}docs/results`, { recursive: true });
  await writeFile(`${ROOT}docs/results/${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Of minutes that were measured, as many digits as mean something. */
export function minutesSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 600) / 100;
}
