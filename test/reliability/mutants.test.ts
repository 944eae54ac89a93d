/** The faults that `npm run mutants` puts into the source, held to the source as it is. */
import { expect, test } from 'vitest';
import { MUTANTS, outdated } from '../properties/mutants/all.js';

test('each mutant finds in the source what it replaces, once', async () => {
  expect(MUTANTS.length).toBeGreaterThan(40);
  expect(await outdated(MUTANTS)).toEqual([]);
});

test('a mutant whose source has changed is found', async () => {
  const [mutant] = MUTANTS;
  if (mutant === undefined) throw new Error('no mutants');
  expect(await outdated([{ ...mutant, search: 'nowhere in the source' }])).toHaveLength(1);
});
