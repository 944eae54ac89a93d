import { Worker } from './worker.js';

/** What the process of a server has spent until now. */
export interface Spent {
  readonly cpuUs: number;
}

export interface Listening {
  readonly port: number;
}

/** A server or a proxy that is measured, in a process of its own. Its program calls `serveMeasured()`. */
export class ServerProcess {
  private constructor(
    private readonly worker: Worker,
    readonly port: number,
  ) {}

  static async start(program: URL, job: object): Promise<ServerProcess> {
    const worker = new Worker(program, job);
    const { port } = await worker.next<Listening>();
    return new ServerProcess(worker, port);
  }

  /** Processor time until now. Wall clocks also measure whoever else uses the machine. */
  async cpuUs(): Promise<number> {
    return (await this.worker.ask<Spent>({})).cpuUs;
  }

  stop(): Promise<void> {
    return this.worker.stop();
  }
}
