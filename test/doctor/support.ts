/** The doctor as people run it: the built program, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/doctor/report.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CLI: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function doctor(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, 'doctor', ...args], { cwd: ROOT });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** `[verdict, detail]` of each situation, by its id. */
export function verdictsIn({ stdout }: Ended): Readonly<Record<string, readonly [string, string]>> {
  const { situations } = JSON.parse(stdout) as Report;
  return Object.fromEntries(situations.map(({ id, verdict, detail }) => [id, [verdict, detail] as const]));
}

export const BACKEND = { command: process.execPath, args: [CLI, 'doctor', 'backend'] };

/** The backend over HTTP, as a process. It ends with its stdin. */
export async function backendOverHttp(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const child = spawn(process.execPath, [CLI, 'doctor', 'backend', '--http'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url,
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}
