import { Ledger, type Exchange, type InFlight, type Life } from './ledger.js';
import type { RequestId } from './message.js';

/** Names a session; `undefined` where a transport carries only one. */
type SessionName = string | undefined;

/**
 * The ledgers of the sessions that one transport carries. A ledger is made when its session is first
 * heard of and dropped when nothing is left in it, so that sessions which are gone cost nothing.
 */
export class Sessions implements Life {
  readonly #ledgers = new Map<SessionName, Ledger>();
  #over = false;
  /** The era of the ledger dropped last: its session may say one thing more. */
  #wasModern = false;

  constructor(readonly transport: object) {}

  get over(): boolean {
    return this.#over;
  }

  /** The ledger of a session, made if need be. */
  named(session: SessionName): Ledger {
    let ledger = this.#ledgers.get(session);
    if (ledger === undefined) {
      ledger = new Ledger(this, session);
      ledger.modern = this.#wasModern;
      this.#ledgers.set(session, ledger);
    }
    return ledger;
  }

  /** The one session in which this id is in flight; `undefined` if there are several or none. */
  holding(id: RequestId): Ledger | undefined {
    let found: Ledger | undefined;
    for (const ledger of this.#ledgers.values()) {
      if (ledger.get(id) === undefined) continue;
      if (found !== undefined) return undefined;
      found = ledger;
    }
    return found;
  }

  /** Drops a ledger in which nothing is left. Called where one may just have become empty. */
  prune(ledger: Ledger): void {
    if (ledger.session === undefined || !ledger.isEmpty) return;
    this.#wasModern = ledger.modern;
    this.#ledgers.delete(ledger.session);
  }

  *inFlight(): IterableIterator<InFlight> {
    for (const ledger of this.#ledgers.values()) yield* ledger.entries();
  }

  *exchanges(): IterableIterator<{ readonly id: RequestId; readonly exchange: Exchange; readonly ledger: Ledger }> {
    for (const ledger of this.#ledgers.values()) {
      for (const [id, exchange] of ledger.exchanges()) yield { id, exchange, ledger };
    }
  }

  get openExchanges(): number {
    let open = 0;
    for (const ledger of this.#ledgers.values()) open += ledger.openExchanges;
    return open;
  }

  /** The transport is closed. */
  close(): void {
    this.#over = true;
    for (const ledger of this.#ledgers.values()) ledger.clear();
    this.#ledgers.clear();
  }
}
