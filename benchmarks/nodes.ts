/**
 * Runs the benchmarks of the package itself on other versions of Node, where async contexts cost more or less. Runs one
 * after the other, and writes each result next to that of the usual Node.
 *
 *     npm run bench:nodes -- [routing] [http] [scale] [--brief] [--out <folder>]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHMARKS, onNode, OTHER_NODES } from './lib/nodes.js';
import { folderFor } from './lib/program.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brief: { type: 'boolean', default: false }, out: { type: 'string' } },
});
const unknown = positionals.filter((name) => BENCHMARKS.every((known) => known !== name));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no such benchmark`);
const chosen = BENCHMARKS.filter((name) => positionals.length === 0 || positionals.includes(name));
const options = ['--out', folderFor(values.out, values.brief), ...(values.brief ? ['--brief'] : [])];

for (const benchmark of chosen) {
  for (const node of OTHER_NODES) {
    const program = fileURLToPath(new URL(`../suites/versions/node_modules/node-${node}/bin/node`, import.meta.url));
    const args = ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL(`${benchmark}.bench.ts`, import.meta.url))];
    const name = onNode(benchmark, node);
    const { status, error } = spawnSync(program, [...args, '--name', name, ...options], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${name}: it ended with ${String(status)}`, { cause: error });
  }
}
