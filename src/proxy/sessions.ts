import { Subject, concat, defer, from, mergeMap, type Observable } from 'rxjs';
import { debug } from '../debug.js';
import { guarded } from '../interceptor/guarded.js';
import { callbackFailed } from '../interceptor/report.js';
import type { RouteEvent } from '../interceptor/events.js';
import { CLOSING, NOT_FOUND, noPlace, tooManySessions, type Answer } from './own-answers.js';
import type { Credential } from './credential.js';
import type { ProxySnapshot } from './options.js';
import type { PassedHeaders } from './client-transport.js';
import type { Opener } from './opener.js';
import { Session, type Downstream } from './session.js';
import type { ProxySettings } from './settings.js';
import { isSame, Starts, type StartKeeper } from './starts.js';
import { endsWithin } from '../ends-within.js';

/** What a new transport tells of its session. */
export interface TransportEvents {
  initialized(id: string): void;
  /** Resolves when the transport may be closed. */
  deleted(): Promise<void>;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
}

/** The sessions of a proxy. */
export class Sessions {
  readonly #all = new Set<Session>();
  readonly #byId = new Map<string, Session>();
  /** Those that count: initialized, and not wholly over. One that is ending still has its backend, perhaps a process. */
  readonly #counted = new Set<Session>();
  /** The ends of sessions that are no more: a backend may take its time to go. */
  readonly #ending = new Set<Promise<void>>();
  readonly #opened = new Subject<Session>();
  readonly #starts: Starts;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
  ) {
    this.#starts = new Starts(report, () => settings.maxSessions - this.#counted.size);
  }

  /** What became of each server-initiated message, of those that are open and those to come. */
  get routes$(): Observable<RouteEvent> {
    const sessions = defer(() => concat(from([...this.#all]), this.#opened));
    return guarded(sessions.pipe(mergeMap((session) => session.routes$)), (cause) => {
      this.report(callbackFailed('a subscriber of routes$', cause));
    });
  }

  /**
   * A session is only found with the credential that it is bound to: whoever learns its id has nothing. A newer token is a
   * matter for the backend: until that has accepted it, nothing of the session is touched.
   *
   * @param passed gives the headers that the backend gets with a request
   */
  find(id: string, credential: Credential, passed: () => PassedHeaders): Session | Answer | Promise<Session | Answer> {
    const session = this.#byId.get(id);
    const relation = session?.credential.relationOf(credential);
    if (session === undefined || relation === undefined) return NOT_FOUND;
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
   * Makes a session, which an `initialize` request may open. Until that has come, it costs nothing but the
   * connection on which it is awaited, and takes no place: bodies that never end would take them all.
   */
  open(opener: Opener, makeTransport: (events: TransportEvents) => Downstream): Session | Answer {
    if (this.#closing !== undefined) return CLOSING;
    if (this.#isFull) return noPlace(this.settings.maxSessions);
    const life = new AbortController();
    const downstream = makeTransport({
      signal: life.signal,
      initialized: (id) => {
        this.#initialized(session, id);
      },
      deleted: () => session.leave(),
    });
    const onEnd = (ended: Promise<void>): void => {
      this.#forget(session, ended, life);
    };
    const starts = this.#startsFor(opener, () => session);
    const session: Session = new Session(downstream, opener, this.settings, onEnd, this.report, starts);
    this.#all.add(session);
    this.#opened.next(session);
    return session;
  }

  #startsFor(opener: Opener, own: () => Session): StartKeeper {
    return {
      keep: (start) => this.#starts.keep(opener, start),
      take: (initialize) => {
        // Where events are kept, a client could have come back for the answer, and has not.
        for (const session of this.#all)
          if (session !== own() && session.isLeftStarting && isSame(session.opener, opener))
            void session.end('its client begins anew');
        return this.#starts.take(opener, initialize);
      },
    };
  }

  get #isFull(): boolean {
    return this.#counted.size >= this.settings.maxSessions;
  }

  #initialized(session: Session, id: string): void {
    if (!this.#all.has(session)) return;
    if (this.#isFull) {
      // The answer is under way already, and can only say so in its body.
      session.refuse(tooManySessions(this.settings.maxSessions));
      return;
    }
    session.id = id;
    debug.proxy('session %s opened', session.name);
    this.#byId.set(id, session);
    this.#counted.add(session);
  }

  snapshot(): ProxySnapshot {
    let inFlight = 0;
    let parked = 0;
    for (const { downstream } of this.#all) {
      const snapshot = downstream.backchannel.snapshot();
      inFlight += snapshot.inFlight.length;
      parked += snapshot.parked;
    }
    return { sessions: this.#byId.size, inFlight, parked };
  }

  close(graceMs: number): Promise<void> {
    return (this.#closing ??= this.#close(graceMs));
  }

  async #close(graceMs: number): Promise<void> {
    const open = [...this.#all];
    await endsWithin(graceMs, Promise.all(open.map((session) => session.drain())));
    const dropped = this.#starts.close();
    for (const session of open) void session.end('the proxy is shutting down');
    this.#opened.complete();
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await dropped;
  }

  #forget(session: Session, ended: Promise<void>, life: AbortController): void {
    this.#all.delete(session);
    if (session.id !== undefined) this.#byId.delete(session.id);
    this.#ending.add(ended);
    void ended.finally(() => {
      this.#ending.delete(ended);
      this.#counted.delete(session);
      life.abort();
    });
  }
}
