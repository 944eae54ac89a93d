import type { Readable, Writable } from 'node:stream';
import type { Arrival, Message } from './messages.js';
import type { Exchange, Standalone, Wire } from './wire.js';

/** Of a process, seen from the one that has started it. */
export interface Pipes {
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/** A process that the client has started: one pipe for all messages. */
export class PipeWire implements Wire {
  readonly kind = 'stdio';
  readonly hasSession = true;

  constructor(
    private readonly pipes: Pipes,
    receive: (arrival: Arrival) => void,
    private readonly end: () => void,
  ) {
    readLines(pipes.stdout, (message) => {
      receive({ message, stream: 'pipe' });
    });
    // One that has ended does not answer, which the client waits for in vain.
    pipes.stdin.on('error', () => undefined);
  }

  send(message: Message): Exchange {
    this.pipes.stdin.write(`${JSON.stringify(message)}\n`);
    return { begun: Promise.resolve(), ended: Promise.resolve(), drop: () => undefined };
  }

  agreed(): void {
    // a pipe has no headers
  }

  async openStandalone(): Promise<Standalone> {
    return Promise.resolve('open');
  }

  async close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }
}

/** One message a line. */
export function readLines(stdout: Readable, onMessage: (message: Message) => void): void {
  let rest = '';
  stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onMessage(JSON.parse(line) as Message);
  });
}
