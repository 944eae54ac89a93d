/** Runs scenarios of the conformance suite, and reads the results of their checks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from './verdict.js';
import { suiteProgram } from './paths.js';
import { Program } from './program.js';

/** A revision whose scenarios are run. */
export type Revision = '2025-11-25' | '2026-07-28';

/** More than it takes by far: a scenario that hangs ends the run. */
const TIMEOUT_MS = 300_000;

/** Where the suite writes its results, gone with this process. */
const RESULTS = mkdtempSync(join(tmpdir(), 'conformance-'));
process.once('exit', () => {
  rmSync(RESULTS, { recursive: true, force: true });
});

/** The checks of each scenario that was run to its end. */
export type Checks = ReadonlyMap<string, readonly Check[]>;

export type Side = 'server' | 'client';

export async function scenariosOf(side: Side, revision: Revision): Promise<string[]> {
  const listed = await run(['list', `--${side}`, '--spec-version', revision]);
  return [...listed.matchAll(/^ {2}- (\S+)/gm)].map(([, name = '']) => name);
}

/** Scenarios that conformance to the revision does not require. */
export async function unscored(side: Side, revision: Revision): Promise<ReadonlySet<string>> {
  const listed = await run(['list', '--requirements', revision]);
  const names = [...listed.matchAll(/^ +- (\S+) \[(server|client)\]/gm)].filter(([, , of]) => of === side);
  return new Set(names.map(([, name = '']) => name));
}

/** Runs every scenario of a suite (`active`, `pending` or `all`) against a server. */
export async function runAgainstServer(url: string, suite: string, revision: Revision): Promise<Checks> {
  return withResults('server-', async (folder) =>
    run(['server', '--url', url, '--suite', suite, '--spec-version', revision, '-o', folder]),
  );
}

/** Runs one scenario against a client: a command line, to which the URL of its server is added. */
export async function runAgainstClient(command: string, scenario: string, revision: Revision): Promise<Checks> {
  const what = ['--command', command, '--scenario', scenario, '--spec-version', revision];
  return withResults('', async (folder) => run(['client', ...what, '--timeout', '60000', '-o', folder]));
}

async function run(args: readonly string[]): Promise<string> {
  const { node, suite } = suiteProgram();
  const program = new Program(node, [suite, ...args]);
  const timer = setTimeout(() => {
    program.kill();
  }, TIMEOUT_MS);
  try {
    // How it ends says no more than its checks do.
    await program.exited;
    return program.output;
  } finally {
    clearTimeout(timer);
    await program.stop();
  }
}

async function withResults(prefix: string, fill: (folder: string) => Promise<unknown>): Promise<Checks> {
  const folder = mkdtempSync(join(RESULTS, 'run-'));
  await fill(folder);
  const checks = new Map<string, readonly Check[]>();
  for (const name of await readdir(folder)) {
    // The name of the scenario, and the time at which it was run.
    const [, scenario] = /^(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name) ?? [];
    const file = await readFile(join(folder, name, 'checks.json'), 'utf8').catch(() => undefined);
    if (scenario === undefined || file === undefined) continue;
    checks.set(scenario.slice(prefix.length), JSON.parse(file) as Check[]);
  }
  return checks;
}
