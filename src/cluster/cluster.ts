import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Adoptions } from './adoptable.js';
import type { EventIds } from './event-ids.js';
import type { Node } from './node.js';

export type { Node };

/** Where a session is, as its id and the leases tell. */
export type Whereabouts =
  | { readonly at: 'here' }
  | { readonly at: 'node'; readonly node: Node }
  /** Its node is gone. Another may have adopted it, or may. */
  | { readonly at: 'gone'; readonly id: string }
  /** Nobody can say: the engine is away, or has lost its data, and this node has not heard of its node. */
  | { readonly at: 'unknown'; readonly id: string }
  /** No node ever made this id. */
  | { readonly at: 'nowhere' };

/** The entry by which a client came: `listener` and `middleware`, or `fetch`. A session belongs to one of them. */
export type Door = 'node' | 'web';

/** A client's request, as it is passed on to another node. */
export interface PassedRequest {
  readonly door: Door;
  readonly method: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array | undefined;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** The owner's answer, or the last words that stand in its place. */
export interface PassedAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /**
   * The whole of a short answer, or a stream, which never fails: if the owner is lost, it ends with an error for each
   * request that is not answered yet.
   */
  readonly body: Uint8Array | Readable;
}

/** What became of a request that was to be passed on. */
export type Passed =
  | PassedAnswer
  /** It surely did not run there: nobody listens any more, or the session is unknown there. */
  | 'gone'
  /** Too many requests are being passed on already. */
  | 'busy';

/** A request that another node has passed on. */
export interface ReceivedRequest {
  /** The entry at the other node. */
  readonly door: Door;
  readonly body: Uint8Array;
}

/** Why a request on the inner listener is not taken. */
export type NotReceived =
  /** No node of ours has sent it, or it was sent before. */
  | 'forged'
  /** One of ours has sent it, to another incarnation. */
  | 'of another'
  | 'too large';

/** The nodes that share sessions, as a proxy sees them. It knows no engine. */
export interface Cluster {
  /** The incarnation of this node. It changes if the node was taken for dead and had to begin anew. */
  readonly self: string;
  /** The address is the base URL of the inner listener, as other nodes reach it. Resolves when the first beat is done. */
  join(address?: string): Promise<void>;
  /** From now on other nodes get the new sessions. */
  drain(): Promise<void>;
  /** Gives the lease back, and closes the connection to the engine. */
  leave(): Promise<void>;
  /** A promise only if the engine has to be asked: the node of the session is not known here yet. */
  whereIs(sessionId: string): Whereabouts | Promise<Whereabouts>;
  /** A node that takes new sessions in the place of this one, chosen at random. */
  other(): Node | undefined;
  pass(request: PassedRequest, node: Node): Promise<Passed>;
  /**
   * Checks a request that came in on the inner listener, and reads its body. The header with which it was signed is taken
   * off the request.
   */
  received(request: IncomingMessage, maxBytes: number): Promise<ReceivedRequest | NotReceived>;
  /** Sessions of HTTP backends whose node is gone. */
  readonly adoptions: Adoptions;
  /** Event ids by which any node can tell a client which calls are lost. */
  readonly eventIds: EventIds;
  /** Called when this node was taken for dead: its sessions are lost. `self` has changed by then. */
  onLost(listener: () => void): void;
  snapshot(): ClusterSnapshot;
}

export interface ClusterSnapshot {
  readonly node: string;
  readonly nodes: number;
  readonly isDraining: boolean;
  readonly isEngineUp: boolean;
  /** Requests that were passed on, by what became of them. */
  readonly passed: Readonly<Record<'answered' | 'lost' | 'gone' | 'busy', number>>;
  readonly adopted: number;
}
