/** Programs of the demo: each a process of its own, which prints its URL and then, perhaps, more lines. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program ends its own children first, and those may take a while. */
const PATIENCE_MS = 5000;

export interface Program {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param onLine is given each line that comes after the URL */
export async function startProgram(
  file: URL,
  args: readonly string[] = [],
  onLine: (line: string) => void = () => undefined,
): Promise<Program> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const url = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    gone.then(([code]) => {
      throw new Error(`${file.pathname} ended with code ${String(code)} before it was ready`);
    }),
  ]);
  lines.on('line', onLine);
  return {
    url,
    // Its stdin ends with ours too, so that nothing is left if we are killed.
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
