import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CLUSTER_MUTANTS } from './cluster.js';
import { DELIVERY_MUTANTS } from './delivery.js';
import { DOOR_MUTANTS } from './door.js';
import { FAITHFUL_MUTANTS } from './faithful.js';
import { HTTP_MUTANTS } from './http.js';
import { LIFE_MUTANTS } from './life.js';
import { MODERN_REQUEST_MUTANTS } from './modern-requests.js';
import type { Mutant } from './mutant.js';
import { SUSPENDED_MUTANTS } from './suspended.js';

export const MUTANTS: readonly Mutant[] = [
  ...DELIVERY_MUTANTS,
  ...FAITHFUL_MUTANTS,
  ...LIFE_MUTANTS,
  ...HTTP_MUTANTS,
  ...CLUSTER_MUTANTS,
  ...SUSPENDED_MUTANTS,
  ...DOOR_MUTANTS,
  ...MODERN_REQUEST_MUTANTS,
];

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The source has changed since a mutant was written, if it does not have what is replaced exactly once. */
export async function outdated(mutants: readonly Mutant[]): Promise<string[]> {
  const found = await Promise.all(
    mutants.map(async ({ name, file, search }) => {
      const times = (await readFile(`${ROOT}${file}`, 'utf8')).split(search).length - 1;
      return times === 1 ? [] : [`the mutant "${name}" looks for what is ${times} times in ${file}:\n${search}`];
    }),
  );
  return found.flat();
}
