import type { Lease } from '../../src/cluster/index.js';
import { Worker } from '../lib/worker.js';
import type { NodeJob } from './contestants.js';
import type { FromNode, ToNode } from './node.child.js';

type Message<K extends FromNode['kind']> = Extract<FromNode, { readonly kind: K }>;

/** The leases of nodes that are processes. */
export class LeaseBoard {
  readonly #leases = new Map<string, Lease>();
  readonly #nodes = new Set<Worker>();

  add(node: Worker): void {
    this.#nodes.add(node);
    node.onMessage((sent) => {
      const message = sent as FromNode;
      if (message.kind !== 'lease') return;
      this.#leases.set(message.lease.node, message.lease);
      const leases = [...this.#leases.values()];
      for (const each of this.#nodes) each.tell({ kind: 'leases', leases } satisfies ToNode);
    });
  }
}

/** A proxy in a process of its own. */
export class NodeProcess {
  private constructor(
    private readonly worker: Worker,
    readonly port: number,
  ) {}

  static async start(job: NodeJob, board: LeaseBoard): Promise<NodeProcess> {
    const worker = new Worker(new URL('./node.child.ts', import.meta.url), job);
    if (job.isNode) board.add(worker);
    const { port } = await worker.next<Message<'listening'>>(isOf('listening'));
    return new NodeProcess(worker, port);
  }

  figures(): Promise<Message<'figures'>> {
    return this.worker.ask({ kind: 'figures' } satisfies ToNode, isOf('figures'));
  }

  /** Until it has heard of so many nodes. */
  async knows(nodes: number): Promise<void> {
    while ((await this.figures()).nodes < nodes) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  stop(): Promise<void> {
    return this.worker.stop();
  }
}

function isOf(kind: FromNode['kind']): (message: unknown) => boolean {
  return (message) => (message as FromNode).kind === kind;
}
