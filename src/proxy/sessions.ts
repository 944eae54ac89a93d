import { BriefMap } from '../routing/brief-map.js';
import { Subject, concat, defer, from, mergeMap, type Observable } from 'rxjs';
import type { Claimed } from '../cluster/adoptable.js';
import type { Node } from '../cluster/cluster.js';
import { debug } from '../debug.js';
import { textOf } from '../errors.js';
import type { EventSource } from './event-source.js';
import { guarded } from '../interceptor/guarded.js';
import { callbackFailed } from '../interceptor/report.js';
import type { RouteEvent } from '../interceptor/events.js';
import { CLOSING, NOT_ADOPTED_YET, NOT_FOUND, noPlace, tooManySessions, type Answer } from './own-answers.js';
import type { Credential } from './credential.js';
import type { ProxySnapshot } from './options.js';
import { NotAdopted, type PassedHeaders } from './client-transport.js';
import { openIn } from './open-in-sessions.js';
import type { Opener } from './opener.js';
import { Session, type Downstream } from './session.js';
import type { ProxySettings } from './settings.js';
import { isSame, Starts, type StartKeeper } from './starts.js';
import { endsWithin } from '../ends-within.js';

/** Callbacks for a new transport, which reports the start and end of its session. */
export interface TransportEvents {
  initialized(id: string): void;
  /** Resolves when the transport may be closed. */
  deleted(): Promise<void>;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
  /** The id of the session, if another node has given it one. */
  readonly id?: string | undefined;
}

type MakeDownstream = (events: TransportEvents) => Downstream;
type Adopted = Session | Answer | { readonly to: Node };

/** The sessions of a proxy. */
export class Sessions {
  /** By their numbers, which grow. */
  readonly #all = new BriefMap<number, Session>();
  readonly #byId = new BriefMap<string, Session>();
  /** Sessions that take a place: initialized and not fully ended. An ending session still has its backend. */
  readonly #counted = new BriefMap<number, Session>();
  /** Resolve when ended sessions are disconnected. A backend may take a while to stop. */
  readonly #ending = new Set<Promise<void>>();
  readonly #opened = new Subject<Session>();
  readonly #starts: Starts;
  readonly #adopting = new Map<string, Promise<Adopted>>();
  #closing: Promise<void> | undefined;
  #last = 0;

  constructor(
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
    private readonly events: EventSource,
  ) {
    this.#starts = new Starts(report, () => settings.maxSessions - this.#counted.size);
  }

  /** Reports what happened to each server-initiated message, in current and future sessions. */
  get routes$(): Observable<RouteEvent> {
    const routes$ = this.each((session) => session.routes$);
    return guarded(routes$, (cause) => {
      this.report(callbackFailed('a subscriber of routes$', cause));
    });
  }

  /** What current and future sessions tell. */
  each<T>(observe: (session: Session) => Observable<T>): Observable<T> {
    return defer(() => concat(from([...this.#all.values()]), this.#opened)).pipe(mergeMap(observe));
  }

  /**
   * Finds a session only with the credential to which it is bound, so its id alone is useless. A newer token goes to the
   * backend first. The session does not change until the backend has accepted the token.
   *
   * @param passed returns the headers that are passed on to the backend with a request
   */
  find(id: string, credential: Credential, passed: () => PassedHeaders): Session | Answer | Promise<Session | Answer> {
    const session = this.#byId.get(id);
    return session === undefined ? NOT_FOUND : this.bound(session, credential, passed);
  }

  /** The session, if it is bound to this credential. A newer token goes to the backend first. */
  bound(
    session: Session,
    credential: Credential,
    passed: () => PassedHeaders,
  ): Session | Answer | Promise<Session | Answer> {
    const relation = session.credential.relationOf(credential);
    switch (relation) {
      case 'same':
        return session;
      case 'newer':
        return this.#passesTokens ? session.renew(credential, passed()) : NOT_FOUND;
      case 'of nobody knows whom':
        return this.#passesTokens && this.settings.rebind ? session.renew(credential, passed()) : NOT_FOUND;
      case 'of another':
        return NOT_FOUND;
    }
  }

  get #passesTokens(): boolean {
    return this.settings.passHeaders?.some((name) => name.toLowerCase() === 'authorization') === true;
  }

  /**
   * Makes a session that an `initialize` request may open. Until that request has arrived, the session takes no place and
   * costs only its connection. Otherwise, bodies that never end could take all places.
   */
  open(opener: Opener, makeTransport: MakeDownstream, adoptedId?: string): Session | Answer {
    if (this.#closing !== undefined) return CLOSING;
    if (this.#isFull) return noPlace(this.settings.maxSessions);
    const life = new AbortController();
    const number = ++this.#last;
    const downstream = makeTransport({
      signal: life.signal,
      id: adoptedId,
      initialized: (id) => {
        this.#initialized(number, session, id);
      },
      deleted: () => session.leave(),
    });
    const onEnd = (ended: Promise<void>): void => {
      this.#forget(number, session, ended, life);
    };
    const starts = this.#startsFor(opener, () => session);
    const session: Session = new Session(downstream, opener, this.settings, onEnd, this.report, this.events, starts);
    this.#all.set(number, session);
    this.#opened.next(session);
    return session;
  }

  /**
   * Goes on with a session whose node is gone. Requests that come in meanwhile wait for the first.
   *
   * @returns the session, a refusal, or the node that has adopted the session
   */
  adopt(id: string, opener: Opener, makeTransport: MakeDownstream): Promise<Adopted> {
    const name = `${opener.credential.key} ${id}`;
    const adopting =
      this.#adopting.get(name) ?? this.#adopt(id, opener, makeTransport).finally(() => this.#adopting.delete(name));
    this.#adopting.set(name, adopting);
    return adopting;
  }

  async #adopt(id: string, opener: Opener, makeTransport: MakeDownstream): Promise<Adopted> {
    if (this.#closing !== undefined) return CLOSING;
    const claim = (await this.settings.adoptions?.claim(id, opener.credential.key)) ?? 'unknown';
    if (claim === 'unknown') return NOT_FOUND;
    if (claim === 'busy') return NOT_ADOPTED_YET;
    if ('node' in claim) return { to: claim.node };
    const session = this.open(opener, makeTransport, id);
    if ('status' in session) {
      await giveBack(id, claim);
      return session;
    }
    try {
      await session.restore(claim);
      debug.proxy('session %s adopted', session.name);
      return session;
    } catch (error) {
      this.report(new Error(`a session was not adopted: ${textOf(error)}`, { cause: error }));
      await giveBack(id, claim, error instanceof NotAdopted);
      void session.end('it cannot go on here', 'moved', true);
      return error instanceof NotAdopted ? NOT_FOUND : NOT_ADOPTED_YET;
    }
  }

  #startsFor(opener: Opener, own: () => Session): StartKeeper {
    return {
      keep: (start) => this.#starts.keep(opener, start),
      take: (initialize) => {
        // With an event store, the client could have come back for the answer, but it starts again.
        for (const session of this.#all.values())
          if (session !== own() && session.isLeftStarting && isSame(session.opener, opener))
            void session.end('its client begins anew', 'client');
        return this.#starts.take(opener, initialize);
      },
    };
  }

  get #isFull(): boolean {
    return this.#counted.size >= this.settings.maxSessions;
  }

  #initialized(number: number, session: Session, id: string): void {
    if (!this.#all.has(number)) return;
    if (this.#isFull) {
      // The HTTP answer has already begun, so only its body can carry the error.
      session.refuse(tooManySessions(this.settings.maxSessions));
      return;
    }
    session.id = id;
    debug.proxy('session %s opened', session.name);
    this.#byId.set(id, session);
    this.#counted.set(number, session);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Whether no new session is taken any more. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Ends all sessions there are. New ones are taken. */
  endAll(reason: string): void {
    for (const session of [...this.#all.values()]) void session.letGo(reason, 'moved');
  }

  snapshot(): Omit<ProxySnapshot, 'suspended' | 'leased'> {
    return { sessions: this.#byId.size, ...openIn(this.#all.values()) };
  }

  close(graceMs: number): Promise<void> {
    return (this.#closing ??= this.#close(graceMs));
  }

  async #close(graceMs: number): Promise<void> {
    const open = [...this.#all.values()];
    await endsWithin(graceMs, Promise.all(open.map((session) => session.drain())));
    const dropped = this.#starts.close();
    for (const session of open) void session.letGo('the proxy is shutting down', 'shutdown');
    this.#opened.complete();
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await dropped;
  }

  #forget(number: number, session: Session, ended: Promise<void>, life: AbortController): void {
    this.#all.delete(number);
    if (session.id !== undefined) this.#byId.delete(session.id);
    this.#ending.add(ended);
    void ended.finally(() => {
      this.#ending.delete(ended);
      this.#counted.delete(number);
      life.abort();
    });
  }
}

/** Another node may try, unless the session `isOver`. */
async function giveBack(id: string, claim: Claimed, isOver = false): Promise<void> {
  const kept = claim.keep({ id, current: () => claim.session, lost: () => undefined });
  await (isOver ? kept.forget() : kept.release());
}
