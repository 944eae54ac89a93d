import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** The full names of tests that failed, and files that could not be run. */
  readonly failures: readonly string[];
}

export interface SuiteOptions {
  /** The program to run it with. */
  readonly node: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Json {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs the test suite, or a part of it, and shows what it says. */
export async function runSuite({ node, args, env = {} }: SuiteOptions): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
  const report = join(folder, 'report.json');
  const started = performance.now();
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const child = spawn(node, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...args, ...reporters], {
      cwd: ROOT,
      // What tests start by the name of `node` is of the same version.
      env: { ...process.env, ...env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const json = JSON.parse(await readFile(report, 'utf8')) as Json;
    const failures = json.testResults.flatMap(({ name, status, assertionResults }) => {
      const failed = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName);
      return status === 'failed' && failed.length === 0 ? [name] : failed;
    });
    // Errors that no test waits for, such as unhandled rejections, are in no test's result.
    if (code !== 0 && failures.length === 0) failures.push(`vitest ended with ${String(code)}, and no test failed`);
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = json;
    return { passed, failed, skipped, seconds: Math.round((performance.now() - started) / 1_000), failures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
