/** Runs vitest in a process of its own, and reads the report of its JSON reporter. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface TestResult {
  readonly status: string;
  readonly title: string;
  readonly fullName: string;
  readonly failureMessages: readonly string[];
  /** What the test has noted of itself. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}

export interface VitestOptions {
  /** The project's folder, or a copy of it. */
  readonly folder: string;
  readonly args: readonly string[];
  /** The program to run it with. @default the one that runs this */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shows what it says, too. */
  readonly isShown?: boolean;
  readonly timeoutMs?: number;
}

export interface VitestRun {
  readonly passed: boolean;
  /** It came to its end by itself, within its time. */
  readonly isOver: boolean;
  /** There is none of a run that did not come to its end. */
  readonly report: VitestReport | undefined;
}

export async function runVitest(options: VitestOptions): Promise<VitestRun> {
  const { folder, args, node = process.execPath, env, isShown = false, timeoutMs } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
  const file = join(scratch, 'report.json');
  const reporters = ['--reporter=json', `--outputFile.json=${file}`, ...(isShown ? ['--reporter=default'] : [])];
  try {
    const child = spawn(node, [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...args, ...reporters], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: isShown ? ['ignore', 'inherit', 'inherit'] : 'ignore',
      timeout: timeoutMs,
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return {
      passed: code === 0,
      isOver: code !== null,
      report: text === undefined ? undefined : (JSON.parse(text) as VitestReport),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The full names of tests that failed, and files that could not be run. */
export function failuresOf({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName);
    return status === 'failed' && failed.length === 0 ? [name] : failed;
  });
}
