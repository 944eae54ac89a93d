import { Worker } from '../lib/worker.js';
import type { Batch, BatchTimes } from './batch.js';

/** The client, in a process of its own. It keeps what it has connected from batch to batch. */
export class Client {
  readonly #worker = new Worker(new URL('./client.child.ts', import.meta.url), {});

  run(batch: Batch): Promise<BatchTimes> {
    return this.#worker.ask<BatchTimes>(batch);
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
