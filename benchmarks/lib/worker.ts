import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that answers each message it is sent with one of its own. */
export class Worker {
  readonly #child: ChildProcess;

  constructor(program: URL, job: unknown) {
    this.#child = fork(fileURLToPath(program), [JSON.stringify(job)]);
  }

  /** Every message that it sends. */
  onMessage(heard: (message: unknown) => void): void {
    this.#child.on('message', heard);
  }

  /** The next message that it sends by itself, of those that are meant. */
  next<R>(isMeant: (message: unknown) => boolean = () => true): Promise<R> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#child.off('message', arrived).off('error', failed).off('exit', ended);
      };
      const arrived = (message: unknown): void => {
        if (!isMeant(message)) return;
        settle();
        resolve(message as R);
      };
      const failed = (error: Error): void => {
        settle();
        reject(error);
      };
      const ended = (code: number | null): void => {
        failed(new Error(`the process that measures ended with ${String(code)}`));
      };
      this.#child.on('message', arrived).on('error', failed).on('exit', ended);
    });
  }

  ask<R>(message: object, isAnswer?: (message: unknown) => boolean): Promise<R> {
    const answer = this.next<R>(isAnswer);
    this.#child.send(message);
    return answer;
  }

  /** Expects no answer. */
  tell(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** It ends when nobody is at the other end of its channel any more. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}

/** Runs a program in a process of its own, with the job as its argument; gives the message it sends. */
export async function inChild<R>(program: URL, job: unknown): Promise<R> {
  return new Worker(program, job).next<R>();
}
