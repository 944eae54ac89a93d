/**
 * Writes what `npm run matrix` has found into the README, between its markers. It does so by itself at its end.
 *
 *     npm run matrix:readme [-- --check]
 *
 * `--check` writes nothing, and fails if the README does not say what the results say.
 */
import { intoReadme } from './lib/kept.js';

const isOnlyChecked = process.argv.includes('--check');
if ((await intoReadme(isOnlyChecked)) && isOnlyChecked) {
  console.error('the README does not say what docs/results/matrix.json says: npm run matrix:readme');
  process.exitCode = 1;
}
