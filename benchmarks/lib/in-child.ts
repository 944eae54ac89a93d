import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a program in a process of its own, with the job as its argument; gives the message it sends. */
export async function inChild<R>(program: URL, job: unknown): Promise<R> {
  const child = fork(fileURLToPath(program), [JSON.stringify(job)]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as R));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process that measures ended with ${String(code)}`)));
  });
}
