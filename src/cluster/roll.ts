import { randomInt } from 'node:crypto';
import { BoundedMap } from './bounded-map.js';
import type { Node, Whereabouts } from './cluster.js';
import type { LeaseNote } from './lease-text.js';
import { look, type Look, type Sighting } from './sightings.js';

/** How many nodes that are gone, or never were, are remembered. */
const MAX_REMEMBERED = 4_096;

/** The other nodes: those that live, and those that are known not to. */
export class Roll {
  #living: ReadonlyMap<string, Sighting> = new Map();
  /** The last beat of nodes that are gone. Those that refused a connection never count on. */
  readonly #buried = new BoundedMap<string, number>(MAX_REMEMBERED);
  /** Incarnations of which no lease was found. Kept apart, so that made-up ids do not push out the buried. */
  readonly #strangers = new BoundedMap<string, true>(MAX_REMEMBERED);

  /** @param onGone called with the id of each node that is gone */
  constructor(private readonly onGone: (id: string) => void) {}

  get size(): number {
    return this.#living.size;
  }

  /** @returns `undefined` if it was never heard of */
  whereIs(id: string): Whereabouts | undefined {
    const node = this.#living.get(id)?.node;
    if (node !== undefined) return { at: 'node', node };
    return this.#buried.has(id) || this.#strangers.has(id) ? { at: 'gone', id } : undefined;
  }

  /** One that takes new sessions, chosen at random. */
  other(): Node | undefined {
    const nodes = [...this.#living.values()].map(({ node }) => node).filter(({ isDraining }) => !isDraining);
    return nodes.length === 0 ? undefined : nodes[randomInt(nodes.length)];
  }

  /** It is dead, whatever its lease says from now on. */
  bury(id: string): void {
    this.#buried.set(id, Infinity);
    if (!this.#living.has(id)) return;
    this.#living = new Map([...this.#living].filter(([other]) => other !== id));
    this.onGone(id);
  }

  /** The engine knows no lease of it. If one comes up after all, it lives. */
  isStranger(id: string): void {
    this.#strangers.set(id, true);
  }

  see(leases: readonly LeaseNote[], at: Look): void {
    const { living, gone } = look(this.#living, leases, this.#buried, at);
    this.#living = living;
    for (const id of living.keys()) this.#strangers.delete(id);
    for (const { node, beat } of gone) this.#buried.set(node.id, beat);
    // Told last: whoever asks then gets the new state.
    for (const { node } of gone) this.onGone(node.id);
  }

  /** The most that the beat of a node has counted on since it was seen. */
  mostCounted(leases: readonly LeaseNote[]): number {
    return Math.max(0, ...leases.map(({ node, beat }) => beat - (this.#living.get(node.id)?.beat ?? beat)));
  }
}
