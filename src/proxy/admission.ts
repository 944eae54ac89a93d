import { randomUUID } from 'node:crypto';
import { withBackchannel } from '../backchannel.js';
import type { Cluster, Node } from '../cluster/cluster.js';
import type { EventStore } from '../event-store.js';
import type { Refusal } from '../http/refusals.js';
import type { BackchannelOptions } from '../options.js';
import type { TransportLike } from '../transport-like.js';
import {
  CLOSING,
  NOT_ADOPTED_YET,
  NOT_ALLOWED,
  NOT_FOUND,
  NO_SESSION_ID,
  tooLargeBody,
  UNKNOWN_HERE,
  WHEREABOUTS_UNKNOWN,
  type Answer,
} from './own-answers.js';
import type { PassedHeaders } from './client-transport.js';
import { PendingPost, type RefusalHook } from './pending-post.js';
import { Credential } from './credential.js';
import { Guard, type Incoming } from './guard.js';
import { lastWordsFor } from './last-words-for.js';
import { Sender } from './opener.js';
import type { Downstream, Session } from './session.js';
import type { Sessions, TransportEvents } from './sessions.js';
import type { ProxySettings } from './settings.js';

/** The options of our own transport, and of the SDK's web-standard one, which ignores what it does not know. */
export interface ServerTransportOptions {
  readonly sessionIdGenerator: () => string;
  readonly onsessioninitialized: (id: string) => void;
  readonly onsessionclosed: () => Promise<void>;
  readonly enableJsonResponse: boolean;
  readonly maxRequestBodySize: number;
  readonly tooLarge: (maxBytes: number) => Refusal;
  readonly maxBufferedBytes: number;
  readonly backchannel: BackchannelOptions;
  readonly eventStore?: never;
  readonly retryInterval?: number;
}

/** How long a client waits before it resumes a lost stream. SDK clients use the same value by default. */
const RETRY_MS = 1_000;

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE']);

type Admitted<T> = Session & { readonly downstream: T & Downstream };

/** Another node serves the request. */
export interface ForwardTo {
  readonly to: Node;
  /** It brings no session yet, so any other node will do. */
  readonly isNew: boolean;
}

type Entered<T> = Admitted<T> | Answer | ForwardTo;
type TransportClass<T> = new (options: ServerTransportOptions) => T;

/** Checks every HTTP request and finds its session. */
export class Admission {
  readonly #guard: Guard;

  constructor(
    private readonly sessions: Sessions,
    private readonly settings: ProxySettings,
    report: (error: Error) => void,
  ) {
    this.#guard = new Guard(settings, report);
  }

  corsHeaders(incoming: Incoming): Readonly<Record<string, string>> {
    return this.#guard.corsHeaders(incoming);
  }

  /**
   * @returns the request's session, a refusal, or the node that serves the request; a promise if the backend has to accept
   * a newer token first, or the cluster has to look for the node
   */
  enter<T extends TransportLike>(incoming: Incoming, Transport: TransportClass<T>): Entered<T> | Promise<Entered<T>> {
    const answer = this.refusalOf(incoming);
    if (answer !== undefined) return answer;
    if (!this.#isServedHere(incoming)) return this.#elsewhere(incoming, Transport);
    const found = this.#session(incoming, Transport);
    return found instanceof Promise
      ? found.then((renewed) => servedBy(renewed, Transport))
      : servedBy(found, Transport);
  }

  /** For a request that another node has passed on. It is not passed on again. The session may be of either entry. */
  async enterFromNode(incoming: Incoming, Transport: TransportClass<TransportLike>): Promise<Session | Answer> {
    const answer = this.refusalOf(incoming);
    if (answer !== undefined) return answer;
    const id = incoming.headers.get('mcp-session-id');
    if (id === null || this.sessions.has(id)) return this.#session(incoming, Transport);
    if (this.sessions.isClosing) return UNKNOWN_HERE;
    // The other node drains, or has seen that this one adopts the session.
    const adopted = await this.#adopt(id, incoming, Transport);
    return 'to' in adopted || adopted === NOT_FOUND ? UNKNOWN_HERE : adopted;
  }

  /** Why a request is not let in, whatever it brings. */
  refusalOf(incoming: Incoming): Answer | undefined {
    return this.#guard.check(incoming) ?? (METHODS.has(incoming.method) ? undefined : NOT_ALLOWED);
  }

  /** Whether this request is let in, and nothing of it is another node's. */
  takesNew(incoming: Incoming): boolean {
    return this.refusalOf(incoming) === undefined && this.#isServedHere(incoming);
  }

  #isServedHere({ headers, method }: Incoming): boolean {
    const { cluster } = this.settings;
    if (cluster === undefined) return true;
    const id = headers.get('mcp-session-id');
    if (id !== null) return this.sessions.has(id);
    return method !== 'POST' || !this.#drains(cluster) || cluster.other() === undefined;
  }

  #drains(cluster: Cluster): boolean {
    return this.sessions.isClosing || cluster.snapshot().isDraining;
  }

  /** For a request that no session of this node is meant by. */
  async #elsewhere<T extends TransportLike>(incoming: Incoming, Transport: TransportClass<T>): Promise<Entered<T>> {
    const { cluster } = this.settings;
    const id = incoming.headers.get('mcp-session-id');
    if (id === null) {
      const to = cluster?.other();
      return to === undefined ? CLOSING : { to, isNew: true };
    }
    const found = await cluster?.whereIs(id);
    if (found?.at === 'node') return { to: found.node, isNew: false };
    return found?.at === 'unknown' ? WHEREABOUTS_UNKNOWN : this.adopt(incoming, Transport);
  }

  /**
   * For a request of a session whose node is gone: goes on with the session, if that is possible.
   *
   * @returns the node to ask instead, if another has adopted the session
   */
  async adopt<T extends TransportLike>(incoming: Incoming, Transport: TransportClass<T>): Promise<Entered<T>> {
    const { cluster } = this.settings;
    const id = incoming.headers.get('mcp-session-id') ?? '';
    cluster?.adoptions.moved(id);
    const other = cluster !== undefined && this.#drains(cluster) ? cluster.other() : undefined;
    if (other !== undefined) return this.#adoptElsewhere(id, incoming, other);
    const adopted = await this.#adopt(id, incoming, Transport);
    if ('to' in adopted) return { to: adopted.to, isNew: false };
    return adopted === NOT_FOUND ? lastWordsFor(incoming, cluster) : servedBy(adopted, Transport);
  }

  /** This node drains, so another goes on with the session. It may have one already. */
  async #adoptElsewhere(id: string, incoming: Incoming, other: Node): Promise<Answer | ForwardTo> {
    const { cluster, credentialHeaders } = this.settings;
    const found = await cluster?.adoptions.find(id, new Credential(incoming.headers, credentialHeaders).key);
    if (typeof found === 'object') return { to: found.node, isNew: false };
    if (found === 'adoptable') return { to: other, isNew: false };
    return found === 'busy' ? NOT_ADOPTED_YET : lastWordsFor(incoming, cluster);
  }

  #adopt(id: string, incoming: Incoming, Transport: TransportClass<TransportLike>): ReturnType<Sessions['adopt']> {
    const credential = new Credential(incoming.headers, this.settings.credentialHeaders);
    return this.sessions.adopt(id, new Sender(incoming, credential), this.#maker(Transport));
  }

  #maker(Transport: TransportClass<TransportLike>): (events: TransportEvents) => Downstream {
    return (events) => withBackchannel(new Transport(this.#optionsFor(events)), this.settings.backchannel);
  }

  /** For a request that was let in. */
  pendingPost(incoming: Incoming): PendingPost {
    const { passHeaders, relayRefusal } = this.settings;
    const hook: RefusalHook | undefined =
      relayRefusal && ((refusal) => relayRefusal(refusal, { headers: incoming.allHeaders() }));
    return new PendingPost(passHeaders && passedOf(incoming.headers, passHeaders), hook);
  }

  /** The headers of a request that are passed on to the backend. */
  passedOf({ headers }: Incoming): PassedHeaders {
    return passedOf(headers, this.settings.passHeaders ?? []);
  }

  #session(incoming: Incoming, Transport: TransportClass<TransportLike>): Session | Answer | Promise<Session | Answer> {
    const { headers, method } = incoming;
    const id = headers.get('mcp-session-id');
    const credential = new Credential(headers, this.settings.credentialHeaders);
    if (id !== null) return this.sessions.find(id, credential, () => this.passedOf(incoming));
    // The transport reads the body and checks that this is an `initialize` request.
    return method === 'POST'
      ? this.sessions.open(new Sender(incoming, credential), this.#maker(Transport))
      : NO_SESSION_ID;
  }

  #optionsFor(events: TransportEvents): ServerTransportOptions {
    const { cluster, maxBodyBytes, maxBufferedBytes, eventStore, enableJsonResponse } = this.settings;
    return {
      sessionIdGenerator: () => events.id ?? (cluster === undefined ? randomUUID() : `${cluster.self}.${randomUUID()}`),
      onsessioninitialized: (id) => {
        events.initialized(id);
      },
      onsessionclosed: () => events.deleted(),
      enableJsonResponse,
      maxRequestBodySize: maxBodyBytes,
      tooLarge: tooLargeBody,
      maxBufferedBytes,
      backchannel: this.settings.backchannel,
      ...(eventStore && { eventStore: this.#named(eventStore({ signal: events.signal })), retryInterval: RETRY_MS }),
    };
  }

  /** With a cluster, the ids of events say which calls they belong to. */
  #named(store: unknown): never {
    const { cluster } = this.settings;
    const isNamed = cluster !== undefined && store !== undefined;
    return (isNamed ? cluster.eventIds.namingStore(store as EventStore) : store) as never;
  }
}

function passedOf(headers: Incoming['headers'], names: readonly string[]): PassedHeaders {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name.toLowerCase(), value]];
    }),
  );
}

function servedBy<T extends TransportLike>(
  found: Session | Answer,
  Transport: TransportClass<T>,
): Admitted<T> | Answer {
  if ('status' in found) return found;
  return found.downstream instanceof Transport ? (found as Admitted<T>) : NOT_FOUND;
}
