import { BoundedMap } from './bounded-map.js';
import type { Node } from './cluster.js';
import type { Lease } from './engine.js';
import type { Seal } from './seal.js';

/** What a lease says. */
export interface LeaseNote {
  readonly node: Node;
  /** Counts up with each beat: a lease that somebody writes again is no sign of life. */
  readonly beat: number;
}

export function writeLease({ node, beat }: LeaseNote, seal: Seal): Lease {
  const note = JSON.stringify({ id: node.id, address: node.address, isDraining: node.isDraining, beat });
  return { node: node.id, text: `${seal.mac('lease', note)} ${note}` };
}

/** How many leases that are not ours are reported. */
const MAX_REPORTED = 256;

/** Reads the leases of other nodes. Those that no node with our secret has written are ignored, and reported once. */
export class LeaseReader {
  readonly #reported = new BoundedMap<string, true>(MAX_REPORTED);

  constructor(
    private readonly seal: Seal,
    private readonly report: (error: Error) => void,
  ) {}

  read(leases: readonly Lease[], self: string): readonly LeaseNote[] {
    const others = leases.filter(({ node }) => node !== self);
    return others.flatMap((lease) => {
      const note = readLease(lease, this.seal);
      if (note === undefined) this.#reportOnce(lease.node);
      return note ?? [];
    });
  }

  #reportOnce(node: string): void {
    if (this.#reported.has(node)) return;
    this.#reported.set(node, true);
    const name = JSON.stringify(node.slice(0, 32));
    this.report(new Error(`ignoring the lease of ${name}: it was not sealed with the secret of this cluster`));
  }
}

function readLease({ node, text }: Lease, seal: Seal): LeaseNote | undefined {
  const space = text.indexOf(' ');
  const note = text.slice(space + 1);
  if (!seal.isMac(text.slice(0, Math.max(0, space)), 'lease', note)) return undefined;
  const { id, address, isDraining, beat } = JSON.parse(note) as Omit<Node, 'id'> & { id: string; beat: number };
  // The genuine lease of one node under the name of another would lend its life to the dead.
  return id === node ? { node: { id, address, isDraining }, beat } : undefined;
}
