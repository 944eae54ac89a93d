/**
 * Writes what `npm run matrix` has found into docs/compatibility.md, between its markers. The matrix does so at its end.
 *
 *     npm run matrix:page [-- --check]
 *
 * `--check` writes nothing, and fails if the page does not say what the results say.
 */
import { intoPage } from './lib/kept.js';

const isOnlyChecked = process.argv.includes('--check');
if ((await intoPage(isOnlyChecked)) && isOnlyChecked) {
  console.error('docs/compatibility.md does not say what docs/results/matrix.json says: npm run matrix:page');
  process.exitCode = 1;
}
