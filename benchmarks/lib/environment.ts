import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Where and of what a result was measured. */
export interface Environment {
  readonly date: string;
  /** `-dirty` when the working tree differs from it; `unknown` outside a repository. */
  readonly commit: string;
  readonly node: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string };
}

export function environment(): Environment {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      platform: `${process.platform} ${process.arch}`,
    },
  };
}

function commit(): string {
  try {
    // What is measured: a new result or text changes nothing of it.
    const args = [
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      'src',
      'benchmarks/*.ts',
      'benchmarks/*js',
      'package.json',
    ];
    const isDirty = git(args) !== '';
    return git(['rev-parse', '--short', 'HEAD']) + (isDirty ? '-dirty' : '');
  } catch {
    return 'unknown';
  }
}

function git(args: readonly string[]): string {
  const cwd = new URL('../..', import.meta.url);
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
