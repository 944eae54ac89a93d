/** Notices that another node cannot be reached although it lives: packets are lost on the way, and nobody is told. */
import { after } from '../clock.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import type { Node } from './cluster.js';
import { isListening } from './is-listening.js';

const EVERY_MS = 2_000;

/** A packet that was lost is sent again after a second. */
const TIMEOUT_MS = 1_500;

/** What waits for something from a node. */
export interface Waiting {
  readonly node: Node;
  notReached(): void;
}

/**
 * A connection whose packets are lost looks like one on which nothing happens, for a quarter of an hour. So while somebody
 * waits for a node, it is tried now and then whether it takes a new connection. A process that stands still takes one: that
 * it does not live is told by its lease.
 */
export class Reach {
  #cancel: (() => void) | undefined;
  #isLooking = false;

  constructor(private readonly waiting: Iterable<Waiting> & { readonly size: number }) {}

  /** To be called when somebody begins to wait. */
  watch(): void {
    if (this.#isLooking) return;
    // The timer serves all, so it must not keep the request in memory that came first.
    this.#cancel ??= onNobodysBehalf(() => after(EVERY_MS, () => void this.#look()));
  }

  /** To be called when nobody waits any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #look(): Promise<void> {
    this.stop();
    this.#isLooking = true;
    const byAddress = new Map<string, Waiting[]>();
    for (const one of this.waiting) {
      const { address } = one.node;
      const known = byAddress.get(address);
      if (known === undefined) byAddress.set(address, [one]);
      else known.push(one);
    }
    await Promise.all(
      [...byAddress].map(async ([address, those]) => {
        if (!(await isListening(address, TIMEOUT_MS))) for (const one of those) one.notReached();
      }),
    );
    this.#isLooking = false;
    if (this.waiting.size > 0) this.watch();
  }
}
