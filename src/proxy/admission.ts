import { randomUUID } from 'node:crypto';
import { withBackchannel } from '../backchannel.js';
import type { Node, Whereabouts } from '../cluster/cluster.js';
import type { Refusal } from '../http/refusals.js';
import type { BackchannelOptions } from '../options.js';
import type { TransportLike } from '../transport-like.js';
import {
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
import { lateHeaders, type Opener } from './opener.js';
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

/** The first revision of the protocol that has no sessions. */
const SESSIONLESS_ERA = '2026-07-28';

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
    const answer = this.#refusalOf(incoming);
    if (answer !== undefined) return answer;
    const elsewhere = this.#elsewhere(incoming);
    if (elsewhere !== undefined) return elsewhere;
    const found = this.#session(incoming, Transport);
    return found instanceof Promise
      ? found.then((renewed) => servedBy(renewed, Transport))
      : servedBy(found, Transport);
  }

  /** For a request that another node has passed on. It is not passed on again. The session may be of either entry. */
  enterFromNode(
    incoming: Incoming,
    Transport: TransportClass<TransportLike>,
  ): Session | Answer | Promise<Session | Answer> {
    const answer = this.#refusalOf(incoming);
    if (answer !== undefined) return answer;
    const id = incoming.headers.get('mcp-session-id');
    return id === null || this.sessions.has(id) ? this.#session(incoming, Transport) : UNKNOWN_HERE;
  }

  #refusalOf(incoming: Incoming): Answer | undefined {
    return this.#guard.check(incoming) ?? (METHODS.has(incoming.method) ? undefined : NOT_ALLOWED);
  }

  /** @returns `undefined` if this node serves the request */
  #elsewhere({ headers, method }: Incoming): Answer | ForwardTo | Promise<Answer | ForwardTo> | undefined {
    const { cluster } = this.settings;
    if (cluster === undefined) return undefined;
    const id = headers.get('mcp-session-id');
    if (id !== null) {
      if (this.sessions.has(id)) return undefined;
      const found = cluster.whereIs(id);
      return found instanceof Promise ? found.then(outcomeOf) : outcomeOf(found);
    }
    if (method !== 'POST' || !(this.sessions.isClosing || cluster.snapshot().isDraining)) return undefined;
    const to = cluster.other();
    return to && { to, isNew: true };
  }

  /** For a request that was let in. */
  pendingPost(incoming: Incoming): PendingPost {
    const { passHeaders, relayRefusal } = this.settings;
    const hook: RefusalHook | undefined =
      relayRefusal && ((refusal) => relayRefusal(refusal, { headers: incoming.allHeaders() }));
    return new PendingPost(passHeaders && passedOf(incoming.headers, passHeaders), hook);
  }

  #session(incoming: Incoming, Transport: TransportClass<TransportLike>): Session | Answer | Promise<Session | Answer> {
    const { headers, method } = incoming;
    const id = headers.get('mcp-session-id');
    const credential = new Credential(headers, this.settings.credentialHeaders);
    if (id !== null)
      return this.sessions.find(id, credential, () => passedOf(headers, this.settings.passHeaders ?? []));
    const makeTransport = (events: TransportEvents): Downstream =>
      withBackchannel(new Transport(this.#optionsFor(events)), this.settings.backchannel);
    // The transport reads the body and checks that this is an `initialize` request.
    return method === 'POST' ? this.sessions.open(openerOf(incoming, credential), makeTransport) : NO_SESSION_ID;
  }

  #optionsFor(events: TransportEvents): ServerTransportOptions {
    const { cluster, maxBodyBytes, maxBufferedBytes, eventStore, enableJsonResponse } = this.settings;
    return {
      sessionIdGenerator: () => (cluster === undefined ? randomUUID() : `${cluster.self}.${randomUUID()}`),
      onsessioninitialized: (id) => {
        events.initialized(id);
      },
      onsessionclosed: () => events.deleted(),
      enableJsonResponse,
      maxRequestBodySize: maxBodyBytes,
      tooLarge: tooLargeBody,
      maxBufferedBytes,
      backchannel: this.settings.backchannel,
      ...(eventStore && { eventStore: eventStore({ signal: events.signal }) as never, retryInterval: RETRY_MS }),
    };
  }
}

function openerOf(incoming: Incoming, credential: Credential): Opener {
  const headers = lateHeaders(() => incoming.allHeaders());
  return {
    get headers() {
      return headers();
    },
    credential,
    isProbing: isProbe(incoming.headers),
  };
}

/**
 * Whether a request without a session may come from a newer client that tests whether it is understood: it names a
 * protocol revision without sessions. The transport refuses it, and the client falls back to `initialize`.
 */
function isProbe(headers: Incoming['headers']): boolean {
  const version = headers.get('mcp-protocol-version');
  return version !== null && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= SESSIONLESS_ERA;
}

function outcomeOf(found: Whereabouts): Answer | ForwardTo {
  switch (found.at) {
    case 'node':
      return { to: found.node, isNew: false };
    case 'unknown':
      return WHEREABOUTS_UNKNOWN;
    case 'here':
    case 'gone':
    case 'nowhere':
      return NOT_FOUND;
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
