/**
 * The backends: one that costs little, to measure with, one of the SDK, whose tools ask the user, and that of the doctor,
 * whose tools do, too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Backend } from './contestants.js';

export type Backends = Readonly<Record<Backend['kind'], Backend>>;

const LIGHT = [here('backend.js')];
const ASKING = [here('asking.js')];
const DOCTOR = [here('../../dist/doctor/backend.js')];

/** Those over HTTP are processes that run; those over stdio are started by whoever connects. */
export class RunningBackends {
  private constructor(
    readonly light: Backends,
    readonly asking: Backends,
    readonly doctor: Backends,
    private readonly processes: readonly ChildProcess[],
  ) {}

  static async start(): Promise<RunningBackends> {
    const [light, asking, doctor] = await Promise.all([
      serve([...LIGHT, '--http']),
      serve([...ASKING, 'http']),
      serve([...DOCTOR, '--http']),
    ]);
    return new RunningBackends(
      { stdio: command(LIGHT), http: { kind: 'http', url: light.url } },
      { stdio: command([...ASKING, 'stdio']), http: { kind: 'http', url: asking.url } },
      { stdio: command(DOCTOR), http: { kind: 'http', url: doctor.url } },
      [light.child, asking.child, doctor.child],
    );
  }

  close(): void {
    for (const child of this.processes) child.kill('SIGKILL');
  }
}

function command(args: readonly string[]): Backend {
  return { kind: 'stdio', command: process.execPath, args };
}

/** It ends with its stdin, and so with us. */
async function serve(args: readonly string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url, child };
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
