/** A few of the sequences that `npm run properties` searches by the hundred thousand. */
import { expect, test } from 'vitest';
import { taken } from './model/commands.js';
import { runFrom, search } from './model/property.js';

test('holds C1 to C11 whatever the client, the server, the connections and the clock do', async () => {
  const run = { ...runFrom(process.env, 700), isOfOwn: false };
  // Who sees it fail needs the seed; who sees it pass may want to see it pass again.
  console.log(`${run.runs} sequences, seed ${run.seed}`);
  const before = taken.steps;
  await search(run);
  expect(taken.steps).toBeGreaterThan(before);
}, 120_000);

test('our own transport holds them too, and writes what leaves', async () => {
  const run = { ...runFrom(process.env, 300), isOfOwn: true };
  console.log(`${run.runs} sequences, seed ${run.seed}`);
  const before = taken.steps;
  await search(run);
  expect(taken.steps).toBeGreaterThan(before);
}, 120_000);
