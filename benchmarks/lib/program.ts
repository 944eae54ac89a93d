import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Results } from './results.js';

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
      out: { type: 'string', default: RESULTS },
      name: { type: 'string' },
    },
  });
  return values;
}

export function write<N extends keyof Results>({ out }: Options, name: N, result: Results[N]): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}
