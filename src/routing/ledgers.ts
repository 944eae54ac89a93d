import type { Life } from './life.js';
import { Ledger, type Exchange, type InFlight } from './ledger.js';
import type { RequestId } from './message.js';
import { RecentSet } from './recent-set.js';

/** How many named sessions are kept in which only cancelled requests are left. */
const MAX_LINGERING = 1_024;

/** Names a session; `undefined` where a transport carries only one. */
type SessionName = string | undefined;

/**
 * The ledgers of the sessions that one transport carries. A ledger is made when its session is first
 * heard of and dropped when nothing is left in it, so that sessions which are gone cost nothing.
 */
export class Ledgers implements Life {
  /** The ledger of a transport that carries one session: most do. */
  #only: Ledger | undefined;
  #named: Map<string, Ledger> | undefined;
  #over = false;
  /** The client is a proxy that takes stamps off. Only of a transport that carries one session. */
  takesStamps = false;
  /** Sessions of the 2026 era whose ledgers were dropped. One more message may still come from them. */
  #modern: RecentSet<string> | undefined;
  /** The named ledgers in which nothing is left but cancelled requests that may still be asking. The newest only. */
  #lingering: Map<string, Ledger> | undefined;

  constructor(readonly transport: object) {}

  get over(): boolean {
    return this.#over;
  }

  /** The ledger of a session, made if need be. */
  named(session: SessionName): Ledger {
    if (session === undefined) return (this.#only ??= new Ledger(this));
    const ledgers = (this.#named ??= new Map<string, Ledger>());
    let ledger = ledgers.get(session);
    if (ledger === undefined) {
      ledger = new Ledger(this, session);
      ledger.modern = this.#modern?.has(session) === true;
      ledgers.set(session, ledger);
    }
    return ledger;
  }

  /** The ledger of the only session in which this id is in flight. `undefined`: there are several, or none. */
  holding(id: RequestId): Ledger | undefined {
    let found: Ledger | undefined;
    for (const ledger of this.#ledgers()) {
      if (ledger.get(id) === undefined) continue;
      if (found !== undefined) return undefined;
      found = ledger;
    }
    return found;
  }

  /** Drops the ledger if nothing is left in it. It is called wherever a ledger may just have become empty. */
  prune(ledger: Ledger): void {
    const { session, modern } = ledger;
    if (session === undefined || !ledger.isEmpty) return;
    // Another ledger may have its name by now: one of a later life, or one that was made after this one was dropped.
    const named = this.#named;
    if (named?.get(session) !== ledger) return;
    if (ledger.hasUnanswered) {
      this.#linger(session, ledger, named);
      return;
    }
    named.delete(session);
    this.#lingering?.delete(session);
    if (modern) (this.#modern ??= new RecentSet()).add(session);
    else this.#modern?.delete(session);
  }

  #linger(session: string, ledger: Ledger, named: Map<string, Ledger>): void {
    const lingering = (this.#lingering ??= new Map<string, Ledger>());
    lingering.delete(session);
    lingering.set(session, ledger);
    if (lingering.size <= MAX_LINGERING) return;
    const [[oldest, forgotten]] = lingering as unknown as [[string, Ledger]];
    lingering.delete(oldest);
    // It may be in use again.
    if (forgotten.isEmpty) named.delete(oldest);
  }

  *inFlight(): IterableIterator<InFlight> {
    for (const ledger of this.#ledgers()) yield* ledger.entries();
  }

  *exchanges(): IterableIterator<{ readonly exchange: Exchange; readonly ledger: Ledger }> {
    for (const ledger of this.#ledgers()) {
      for (const exchange of ledger.exchanges.values()) yield { exchange, ledger };
    }
  }

  get openExchanges(): number {
    let open = this.#only?.exchanges.size ?? 0;
    this.#named?.forEach(({ exchanges }) => (open += exchanges.size));
    return open;
  }

  /** The transport is closed. */
  close(): void {
    this.#over = true;
    for (const ledger of this.#ledgers()) ledger.clear();
    this.#only = this.#named = this.#lingering = undefined;
  }

  *#ledgers(): IterableIterator<Ledger> {
    if (this.#only !== undefined) yield this.#only;
    if (this.#named !== undefined) yield* this.#named.values();
  }
}
