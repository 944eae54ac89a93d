import type { RequestMessage } from '../routing/message.js';
import type { Node } from './node.js';

/** A session of a backend over HTTP, which another connection can go on with. */
export interface BackendSession {
  readonly sessionId: string;
  /** The last event on its standalone stream, if it names its events. */
  readonly lastEventId?: string | undefined;
}

/** All that a node needs to go on with the session of another. It contains no header of the client. */
export interface AdoptableSession {
  /** Digest of the credential to which the session is bound. */
  readonly credential: string;
  readonly initialize: RequestMessage;
  /** The backend's answer to `initialize`. */
  readonly result: unknown;
  readonly backend: BackendSession;
}

/** A session of this node that others may adopt when this node is gone. */
export interface LiveSession {
  readonly id: string;
  /** As it is now. */
  current(): AdoptableSession | undefined;
  /** Another node has it. The backend must not be told that it is over. */
  lost(): void;
}

/** The record of a live session. Neither method fails: what the engine is not told, it finds out by time. */
export interface KeptSession {
  /** Any node may adopt the session from now on. */
  release(): Promise<void>;
  /** The session is over. */
  forget(): Promise<void>;
}

/** A session that belongs to this node now. The caller keeps it, or gives it back. */
export interface Claimed {
  readonly session: AdoptableSession;
  keep(live: LiveSession): KeptSession;
}

/** Why a session cannot be adopted. */
export type Missed =
  /** Another node has it. */
  | { readonly node: Node }
  /** There is no such session, or it belongs to another client. */
  | 'unknown'
  /** It cannot be found out now. */
  | 'busy';

/** What became of an attempt to adopt a session. */
export type Claim = Claimed | Missed;

/** What a node that adopts no more finds. */
export type Found = 'adoptable' | Missed;

/** Sessions whose node is gone. */
export interface Adoptions {
  /** Begins the record of a session of this node. */
  keep(live: LiveSession): KeptSession;
  /** @param credential is compared before anything is changed */
  claim(sessionId: string, credential: string): Promise<Claim>;
  /** Changes nothing. */
  find(sessionId: string, credential: string): Promise<Found>;
  /** The node that was named does not know the session any more. */
  moved(sessionId: string): void;
}
