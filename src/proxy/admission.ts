import { randomUUID } from 'node:crypto';
import { withBackchannel } from '../backchannel.js';
import type { Node } from '../cluster/cluster.js';
import type { Refusal } from '../http/refusals.js';
import type { BackchannelOptions } from '../options.js';
import type { TransportLike } from '../transport-like.js';
import { NOT_ALLOWED, NOT_FOUND, NO_SESSION_ID, tooLargeBody, type Answer } from './own-answers.js';
import type { PassedHeaders } from './client-transport.js';
import { PendingPost, type RefusalHook } from './pending-post.js';
import { Credential } from './credential.js';
import { Guard, type Incoming } from './guard.js';
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
type Entered<T> = Admitted<T> | Answer;

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

  /** @returns the request's session or a refusal; a promise if the backend has to accept a newer token first */
  enter<T extends TransportLike>(
    incoming: Incoming,
    Transport: new (options: ServerTransportOptions) => T,
  ): Entered<T> | Promise<Entered<T>> {
    const answer = this.#guard.check(incoming);
    if (answer !== undefined) return answer;
    if (!METHODS.has(incoming.method)) return NOT_ALLOWED;
    const found = this.#session(incoming, (events) =>
      withBackchannel(new Transport(this.#optionsFor(events)), this.settings.backchannel),
    );
    return found instanceof Promise
      ? found.then((renewed) => servedBy(renewed, Transport))
      : servedBy(found, Transport);
  }

  /** For a request of a session whose node is gone. @returns the node to ask instead, if another has adopted it */
  async adopt<T extends TransportLike>(
    incoming: Incoming,
    Transport: new (options: ServerTransportOptions) => T,
  ): Promise<Entered<T> | { readonly to: Node }> {
    const { headers } = incoming;
    const credential = new Credential(headers, this.settings.credentialHeaders);
    const id = headers.get('mcp-session-id') ?? '';
    const found = await this.sessions.adopt(id, { headers: incoming.allHeaders(), credential }, (events) =>
      withBackchannel(new Transport(this.#optionsFor(events)), this.settings.backchannel),
    );
    return 'to' in found ? found : servedBy(found, Transport);
  }

  /** For a request that was let in. */
  pendingPost(incoming: Incoming): PendingPost {
    const { passHeaders, relayRefusal } = this.settings;
    const hook: RefusalHook | undefined =
      relayRefusal && ((refusal) => relayRefusal(refusal, { headers: incoming.allHeaders() }));
    return new PendingPost(passHeaders && passedOf(incoming.headers, passHeaders), hook);
  }

  #session(
    incoming: Incoming,
    makeTransport: (events: TransportEvents) => Downstream,
  ): Session | Answer | Promise<Session | Answer> {
    const { headers, method } = incoming;
    const id = headers.get('mcp-session-id');
    const credential = new Credential(headers, this.settings.credentialHeaders);
    if (id !== null)
      return this.sessions.find(id, credential, () => passedOf(headers, this.settings.passHeaders ?? []));
    // The transport reads the body and checks that this is an `initialize` request.
    return method === 'POST'
      ? this.sessions.open({ headers: incoming.allHeaders(), credential, isProbing: isProbe(headers) }, makeTransport)
      : NO_SESSION_ID;
  }

  #optionsFor(events: TransportEvents): ServerTransportOptions {
    const { maxBodyBytes, maxBufferedBytes, eventStore, enableJsonResponse } = this.settings;
    return {
      sessionIdGenerator: () => events.id ?? randomUUID(),
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

/**
 * Whether a request without a session may come from a newer client that tests whether it is understood: it names a
 * protocol revision without sessions. The transport refuses it, and the client falls back to `initialize`.
 */
function isProbe(headers: Incoming['headers']): boolean {
  const version = headers.get('mcp-protocol-version');
  return version !== null && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= SESSIONLESS_ERA;
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
  Transport: new (options: ServerTransportOptions) => T,
): Entered<T> {
  if ('status' in found) return found;
  return found.downstream instanceof Transport ? (found as Admitted<T>) : NOT_FOUND;
}
