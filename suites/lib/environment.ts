import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Where and of what a result was measured. */
export interface Environment {
  readonly date: string;
  /** `-dirty` when the working tree differs from it; `unknown` outside a repository. */
  readonly commit: string;
  readonly node: string;
  /** Its version, as installed here. Older results do not tell. */
  readonly sdk?: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string };
}

/** In a drawing: of which result it is. */
export function markOf({ commit, date }: Pick<Environment, 'commit' | 'date'>): string {
  return `<!-- measured at commit ${commit}, ${date} -->`;
}

/** What a benchmark measures: a new result or text changes nothing of it. */
const MEASURED = [
  'src',
  'benchmarks/*.ts',
  'benchmarks/*js',
  'suites/lib',
  'package.json',
  'package-lock.json',
  'benchmarks/peers/package*.json',
];

/** @param paths what the result depends on: a change to anything else does not make the tree dirty */
export function environment(paths: readonly string[] = MEASURED): Environment {
  return {
    date: new Date().toISOString(),
    commit: commit(paths),
    node: process.version,
    sdk: sdk(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      platform: `${process.platform} ${process.arch}`,
    },
  };
}

function sdk(): string {
  const manifest = new URL('../../node_modules/@modelcontextprotocol/sdk/package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}

function commit(paths: readonly string[]): string {
  try {
    const isDirty = git(['status', '--porcelain', '--untracked-files=no', '--', ...paths]) !== '';
    return git(['rev-parse', '--short', 'HEAD']) + (isDirty ? '-dirty' : '');
  } catch {
    return 'unknown';
  }
}

function git(args: readonly string[]): string {
  const cwd = new URL('../..', import.meta.url);
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
