/**
 * Writes the results of `npm run matrix` into docs/compatibility.md, between its markers. The matrix also does so when
 * it ends.
 *
 *     npm run matrix:page [-- --check]
 *
 * `--check` writes nothing, and fails if the page does not match the results.
 */
import { intoPage } from './lib/kept.js';

const isOnlyChecked = process.argv.includes('--check');
if ((await intoPage(isOnlyChecked)) && isOnlyChecked) {
  console.error('docs/compatibility.md does not say what docs/results/matrix.json says: npm run matrix:page');
  process.exitCode = 1;
}
