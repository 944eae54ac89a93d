import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Lease } from '../../src/cluster/index.js';
import type { NodeJob } from './contestants.js';
import type { FromNode, ToNode } from './node.child.js';

type Figures = Extract<FromNode, { readonly kind: 'figures' }>;

/** The leases of nodes that are processes. */
export class LeaseBoard {
  readonly #leases = new Map<string, Lease>();
  readonly #nodes = new Set<ChildProcess>();

  add(node: ChildProcess): void {
    this.#nodes.add(node);
    node.on('message', (message: FromNode) => {
      if (message.kind !== 'lease') return;
      this.#leases.set(message.lease.node, message.lease);
      const leases = [...this.#leases.values()];
      for (const each of this.#nodes) if (each.connected) each.send({ kind: 'leases', leases } satisfies ToNode);
    });
  }
}

/** A proxy in a process of its own. */
export class NodeProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(job: NodeJob, board: LeaseBoard): Promise<NodeProcess> {
    const child = fork(fileURLToPath(new URL('./node.child.ts', import.meta.url)), [JSON.stringify(job)]);
    if (job.isNode) board.add(child);
    const { port } = await next(child, 'listening');
    return new NodeProcess(child, port);
  }

  async figures(): Promise<Figures> {
    const told = next(this.child, 'figures');
    this.child.send({ kind: 'figures' } satisfies ToNode);
    return told;
  }

  /** Until it has heard of so many nodes. */
  async knows(nodes: number): Promise<void> {
    while ((await this.figures()).nodes < nodes) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }
}

function next<K extends FromNode['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<FromNode, { readonly kind: K }>> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      child.off('message', arrived).off('exit', ended);
    };
    const arrived = (message: FromNode): void => {
      if (message.kind !== kind) return;
      settle();
      resolve(message as Extract<FromNode, { readonly kind: K }>);
    };
    const ended = (code: number | null): void => {
      settle();
      reject(new Error(`the process that is measured ended with ${String(code)}`));
    };
    child.on('message', arrived).on('exit', ended);
  });
}
