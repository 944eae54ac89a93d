import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { onNode, OTHER_NODES, type Benchmark, type OtherNode } from './nodes.js';
import type { Results } from './result-files.js';

/** What every benchmark can be told. */
export interface Options {
  /** Only to see that it runs: the figures say nothing. */
  readonly brief: boolean;
  /** The folder that results are written to. */
  readonly out: string;
  /** Of the result, if it is not to have the name of its benchmark. */
  readonly name?: string | undefined;
}

export const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

export function optionsFromArguments(): Options {
  const { values } = parseArgs({
    options: {
      brief: { type: 'boolean', default: false },
      out: { type: 'string' },
      name: { type: 'string' },
    },
  });
  return { ...values, out: folderFor(values.out, values.brief) };
}

/**
 * Where results go. Those of a part, or of a run that only shows that it runs, never go where the results of
 * the repository are, unless that is asked for.
 */
export function folderFor(out: string | undefined, isPartial: boolean): string {
  return out ?? (isPartial ? join(tmpdir(), 'mcp-backchannel-benchmarks') : RESULTS);
}

/** What the result of a benchmark is called: as `--name` says, which keeps it next to that of the usual Node. */
export function nameOfResult<N extends Benchmark>(
  { name }: Pick<Options, 'name'>,
  benchmark: N,
): N | `${N}-node${OtherNode}` {
  const names = [benchmark, ...OTHER_NODES.map((node) => onNode(benchmark, node))];
  const found = names.find((known) => known === (name ?? benchmark));
  if (found === undefined) throw new Error(`--name ${String(name)}: it is one of ${names.join(', ')}`);
  return found;
}

/** The file is there whole, or as it was before. */
export function write<N extends keyof Results>({ out }: Pick<Options, 'out'>, name: N, result: Results[N]): void {
  mkdirSync(out, { recursive: true });
  const path = join(out, `${name}.json`);
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(result, undefined, 2)}\n`);
  renameSync(unfinished, path);
  process.stderr.write(`${name}: written to ${path}\n`);
}
