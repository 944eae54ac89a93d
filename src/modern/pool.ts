import { Listeners } from './changes.js';
import type { ModernCall } from './envelope.js';
import type { Post } from './host.js';
import type { InnerTransport } from './inner-transport.js';
import { Place, type PooledSession } from './place.js';
import { sessionKey } from './session-key.js';

/**
 * How sessions with the backend are used.
 *
 * - `'shared'`: clients with the same credential and the same capabilities share one
 * - `'lease'`: a call has a session for itself, and leaves it to the next one
 * - `'call'`: each call has a new session
 */
export type ModernSessions = 'shared' | 'lease' | 'call';

/** How long a session is kept if there is another one like it. */
const SURPLUS_MS = 60_000;

/** Who sends a call. */
export interface Caller {
  /** Equal for the same user only. All who are anonymous are equal. */
  readonly principal: string;
  /** What else a backend sees of it when a session is opened. A backend may have its own idea of who it is. */
  readonly seen: string;
  /** It has sent a credential. */
  readonly isKnown: boolean;
}

/** Equal for calls that may have the same session. */
export function kindOf({ principal, seen }: Caller, { capabilities }: ModernCall): string {
  return sessionKey(JSON.stringify([principal, seen]), capabilities);
}

/** Opens a session. @returns why not, if it cannot be */
export type OpenSession<R> = (transport: InnerTransport) => PooledSession | R;

export interface PoolOptions<R> {
  readonly sessions: ModernSessions;
  /** How many sessions are kept that no call uses. */
  readonly maxIdle: number;
  readonly makeTransport: () => InnerTransport;
  readonly isRefusal: (opened: PooledSession | R) => opened is R;
}

/** Sessions that any of the calls with the same key may have. */
interface Kind {
  readonly listeners: Listeners;
  places: number;
}

/** The sessions for modern calls. Only calls with the same principal and the same capabilities can have the same one. */
export class Pool<R> {
  readonly #shared = new Map<string, Place>();
  /** The last one was used last. */
  readonly #idle = new Map<string, Place[]>();
  /** Sessions that no call uses, the oldest first. */
  readonly #unused = new Set<Place>();
  readonly #kinds = new Map<string, Kind>();

  constructor(private readonly options: PoolOptions<R>) {}

  /** Sessions that calls have now. */
  get used(): number {
    return [...this.#kinds.values()].reduce((sum, { places }) => sum + places, 0) - this.#unused.size;
  }

  /**
   * Finds a session for a call, or opens one. It is taken when this returns, so that no other call can take it while its
   * own waits for the backend.
   */
  take(caller: Caller, call: ModernCall, post: Post, open: OpenSession<R>): Place | R {
    const key = kindOf(caller, call);
    const found = this.#found(key, caller);
    const place = found ?? this.#opened(key, call, post, open);
    if (!(place instanceof Place)) return place;
    place.transport.hasSeveralClients = !caller.isKnown;
    if (found === undefined && this.#isShared(caller)) this.#shared.set(key, place);
    place.enter();
    this.#unused.delete(place);
    return place;
  }

  /** A call does not use its session any more. @param isUsable the backend does not work on anything of this call */
  release(place: Place, caller: Caller, isUsable: boolean): void {
    place.leave();
    if (place.isOver) return;
    if (!this.#isShared(caller)) {
      if (!isUsable || place.isTainted || this.options.sessions === 'call') {
        place.end('its call is over');
        return;
      }
      if (this.#idle.has(place.key)) place.endIn(SURPLUS_MS);
      this.#putBack(place);
    }
    this.#used(place);
  }

  /** Whoever has lent this session to others does not use it any more. */
  returned(place: Place): void {
    place.leave();
    if (!place.isOver) this.#used(place);
  }

  /** If nobody uses it now, it may end for others. */
  #used(place: Place): void {
    if (!place.isUnused) return;
    this.#unused.add(place);
    if (this.#unused.size > this.options.maxIdle) this.#endOldest();
  }

  #endOldest(): void {
    const [oldest] = this.#unused;
    oldest?.end('others are needed more');
  }

  #putBack(place: Place): void {
    this.#idle.set(place.key, [...(this.#idle.get(place.key) ?? []), place]);
  }

  /** The backend has refused the session. */
  discard(place: Place): void {
    place.leave();
    place.end('it was not initialized');
  }

  /**
   * Lets others use a session, though it is taken. Changes that their calls bring about are then told to whoever listens,
   * who is the same user: nothing of an anonymous client is told to another.
   *
   * @returns whether they may. It must be returned then, not released
   */
  lend(place: Place, caller: Caller): boolean {
    if (this.#isShared(caller)) return true;
    if (!caller.isKnown || place.isOver || this.options.sessions === 'call') return false;
    this.#putBack(place);
    return true;
  }

  // Nothing is known of an anonymous client that would tell it from others.
  #isShared({ isKnown }: Caller): boolean {
    return this.options.sessions === 'shared' && isKnown;
  }

  #found(key: string, caller: Caller): Place | undefined {
    if (this.#isShared(caller)) return this.#shared.get(key);
    const idle = this.#idle.get(key);
    let newest = idle?.pop();
    while (newest?.isTainted === true) newest = idle?.pop();
    if (idle?.length === 0) this.#idle.delete(key);
    return newest;
  }

  #opened(key: string, call: ModernCall, post: Post, open: OpenSession<R>): Place | R {
    const transport = this.options.makeTransport();
    const session = open(transport);
    if (this.options.isRefusal(session)) {
      // There may be room for the next try.
      this.#endOldest();
      return session;
    }
    const kind = this.#kinds.get(key) ?? { listeners: new Listeners(), places: 0 };
    kind.places += 1;
    this.#kinds.set(key, kind);
    const place = new Place(key, transport, session, kind.listeners, call, post);
    place.whenOver(() => {
      this.#forget(place);
    });
    return place;
  }

  #forget(place: Place): void {
    this.#unused.delete(place);
    const kind = this.#kinds.get(place.key);
    if (kind !== undefined && --kind.places === 0) this.#kinds.delete(place.key);
    if (this.#shared.get(place.key) === place) this.#shared.delete(place.key);
    const left = this.#idle.get(place.key)?.filter((other) => other !== place) ?? [];
    if (left.length === 0) this.#idle.delete(place.key);
    else this.#idle.set(place.key, left);
  }
}
