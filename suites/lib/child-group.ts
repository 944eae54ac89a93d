import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildGroup>();

// However this process ends, what it has started ends with it.
process.once('exit', () => {
  for (const group of running) group.kill();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

export interface ChildGroupOptions {
  /** How long it may take to end by itself once it is asked to. */
  readonly graceMs: number;
  /** Whether it was started `detached`, so that all that it has started can be ended with it. @default true */
  readonly hasOwnGroup?: boolean | undefined;
}

/** The end of a child process, and of all that it has started. */
export class ChildGroup {
  /** Its exit code, or the signal that has ended it. */
  readonly exited: Promise<number | string>;

  constructor(
    private readonly child: ChildProcess,
    private readonly options: ChildGroupOptions,
  ) {
    running.add(this);
    this.exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    this.exited.catch(() => undefined);
  }

  /** Asks it to end, and after a while does not ask. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => {
      this.kill();
    }, this.options.graceMs);
    this.child.stdin?.destroy();
    this.child.kill('SIGTERM');
    await this.exited.catch(() => undefined);
    clearTimeout(timer);
    // What it has started may have outlived it.
    this.kill();
    running.delete(this);
  }

  kill(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(this.options.hasOwnGroup === false ? pid : -pid, 'SIGKILL');
    } catch {
      // all of it has ended by itself
    }
  }
}
