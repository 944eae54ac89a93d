import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where programs are run. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = join(ROOT, 'suites/conformance');

/** The command, as it is published. */
export const COMMAND: string = join(ROOT, 'dist/cli.js');

/** The backend over stdio, built: there is a process of it for each session, and so they start in half the time. */
export const BACKEND_STDIO: string = join(HERE, 'dist/backend-stdio.js');

/** A program of this folder, and what comes before it on the command line of Node. */
export function ours(program: string): string[] {
  return ['--import', 'tsx', join(HERE, program)];
}

/** The suite, and the Node that it needs: both are installed in this folder only. */
export function suiteProgram(): { readonly node: string; readonly suite: string } {
  return { node: binOf('node', 'node'), suite: binOf('@modelcontextprotocol/conformance', 'conformance') };
}

export type Versions = Readonly<
  Record<'suite' | 'nodeOfSuite' | 'sdkOfBackend' | 'sdkOfCommand' | 'sdkOfModernBackend', string>
>;

export function versions(): Versions {
  return {
    suite: manifestOf('@modelcontextprotocol/conformance').version,
    nodeOfSuite: manifestOf('node').version,
    sdkOfBackend: manifestOf('@modelcontextprotocol/sdk').version,
    sdkOfCommand: manifestOf('@modelcontextprotocol/sdk', ROOT).version,
    sdkOfModernBackend: manifestOf('@modelcontextprotocol/server', ROOT).version,
  };
}

interface Manifest {
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
}

function manifestOf(name: string, folder = HERE): Manifest {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;
}

function binOf(name: string, program: string): string {
  const file = manifestOf(name).bin?.[program];
  if (file === undefined) throw new Error(`${name} has no program ${program}`);
  return join(HERE, 'node_modules', name, file);
}
