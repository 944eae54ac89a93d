/**
 * Writes what the benchmarks have found into the README, between its markers.
 *
 *     npm run bench:readme -- [--check] [--readme <file>] [--results <folder>]
 *
 * `--check` changes nothing and exits with 1 if the README does not say what the results say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import type { Environment } from './lib/environment.js';
import { RESULTS } from './lib/program.js';
import { readResult, type Results } from './lib/results.js';
import { behaviourTable } from './lib/behaviour-table.js';
import { linesOf, type Line } from './lib/table.js';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    readme: { type: 'string', default: fileURLToPath(new URL('../README.md', import.meta.url)) },
    results: { type: 'string', default: RESULTS },
  },
});

const current = readFileSync(values.readme, 'utf8');
// As the formatter wants it: it would find a table badly laid out otherwise.
const style = await resolveConfig(fileURLToPath(import.meta.url));
const written = between(between(current, 'benchmarks', costs()), 'behaviour', behaviour());
const updated = await format(written, { ...style, parser: 'markdown' });
if (updated === current) {
  console.log('the README says what the results say');
} else if (values.check) {
  console.error('the README does not say what the results say: npm run bench:readme');
  process.exitCode = 1;
} else {
  writeFileSync(values.readme, updated);
  console.log('the README was changed');
}

/** The text with this in place of what was between the markers of that name. */
function between(text: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [start, end] = [text.indexOf(opening), text.indexOf(closing)];
  if (start < 0 || end < start) throw new Error(`${values.readme} must have ${opening} and, after it, ${closing}`);
  return `${text.slice(0, start + opening.length)}\n\n${content}\n\n${text.slice(end)}`;
}

function behaviour(): string {
  const result = readResult(values.results, 'peers');
  return result === undefined ? 'Not measured yet: `npm run bench:peers`.' : behaviourTable(result);
}

function costs(): string {
  const results: { -readonly [N in keyof Results]?: Results[N] } = {};
  const measuredOn = new Set<string>();
  for (const name of ['routing', 'http', 'scale', 'peers'] as const) {
    const result = readResult(values.results, name);
    if (result === undefined) continue;
    Object.assign(results, { [name]: result });
    measuredOn.add(origin('environment' in result ? result.environment : result));
  }
  if (measuredOn.size === 0) return 'Not measured yet: `npm run bench`.';
  return [table(linesOf(results)), `Measured on ${[...measuredOn].join('; ')}.`, plots()].join('\n\n');
}

function table(lines: readonly Line[]): string {
  const rows = lines.map(({ what, figure, aim, isMet }) => [what, figure, aim, met(isMet)]);
  return [['', 'measured', 'aim', 'met'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function met(isMet: boolean | undefined): string {
  if (isMet === undefined) return '';
  return isMet ? 'yes' : '**no**';
}

function origin({ machine, node, commit, date }: Environment): string {
  return `${machine.cpu}, ${machine.cores} cores, Node ${node}, commit ${commit}, ${date.slice(0, 10)}`;
}

function plots(): string {
  const folder = relative(dirname(values.readme), values.results);
  return (['routing', 'http', 'scale', 'peers'] as const)
    .filter((name) => existsSync(join(values.results, `${name}.svg`)))
    .map((name) => `![${name}](${join(folder, `${name}.svg`)})`)
    .join('\n');
}
