import type { IncomingMessage, ServerResponse } from 'node:http';
import { asError } from '../errors.js';
import { pipeline } from 'node:stream';
import { readBytes } from '../http/body.js';
import { handBody } from '../http/handed-body.js';
import { StreamableHTTPServerTransport } from '../http/transport.js';
import { askForVanishing } from '../http/vanished.js';
import { FAILED, tooLarge, type Answer } from './own-answers.js';
import type { ModernEntry } from './modern-entry.js';
import { acceptsStream, mayBeModern, modernRefusalOf, readModern, type PostedBody } from './modern-post.js';
import type { Admission, ForwardTo } from './admission.js';
import { isPassed, isStream, withHost, type Forwarding } from './forwarding.js';
import { headersOf as passedHeadersOf } from './passed-headers.js';
import type { Session } from './session.js';
import type { Incoming } from './guard.js';
import { onConnectionEnd } from '../streams/connection-end.js';
import { answersIn, MAX_REFUSED_MS } from '../streams/posted-answers.js';
import type { ProxySettings } from './settings.js';

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

const decoder = new TextDecoder();

/** One for all: without a reason, an abort makes an error with a stack, and each connection ends. */
const LEFT = new Error('the client has left');

/** The entry for `node:http`. */
export class NodeDoor {
  constructor(
    private readonly admission: Admission,
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
    private readonly forwarding: Forwarding | undefined,
    /** For clients of the revision without sessions. `undefined`: they are not served. */
    private readonly modern: ModernEntry | undefined,
  ) {}

  /** Serves a client's request. If a framework has already parsed the body, `request.body` is used. */
  readonly handle: NodeHandler = (request, response) => {
    answering(this.#handle(request, response), response, this.report);
  };

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = incomingOf(request);
    for (const [name, value] of Object.entries(this.admission.corsHeaders(incoming))) response.setHeader(name, value);
    const parsedBody = parsedBodyOf(request);
    // Earlier handlers may have taken so long that the client is gone. Its `close` event has passed, so the session would
    // never learn that the connection ended.
    if (isGone(request, response)) return;
    if (await this.#isServedAsModern({ request, response, incoming, parsedBody })) return;
    const entered = this.admission.enter(incoming, StreamableHTTPServerTransport);
    const session = entered instanceof Promise ? await entered : entered;
    if ('to' in session) await this.#passOn(session, { request, response, incoming, parsedBody });
    else if ('status' in session) answer(response, session);
    else await this.serve(session, { request, response, incoming, parsedBody });
  }

  async #isServedAsModern(visit: NodeVisit): Promise<boolean> {
    const { modern } = this;
    const { response, incoming } = visit;
    if (modern === undefined || !this.admission.takesNew(incoming)) return false;
    const refusal = modernRefusalOf(incoming);
    if (refusal !== undefined) answer(response, refusal);
    if (refusal !== undefined) return true;
    if (!mayBeModern(incoming) || this.#isTooLarge(visit)) return false;
    const body = await this.#postedBody(visit);
    const post = body && readModern(incoming, body);
    if (post === undefined) return body === undefined;
    const elsewhere = await modern.elsewhere(post);
    if (elsewhere === undefined) modern.serve(post, modern.nodeWriters.writerFor(response, acceptsStream(incoming)));
    else if ('to' in elsewhere) await this.#passOn(elsewhere, visit, async () => Promise.resolve(modern.lost(post)));
    else answer(response, elsewhere);
    return true;
  }

  /** The body, which the other era can still read. @returns `undefined` if there is none and the request is answered */
  async #postedBody({ request, response, parsedBody }: NodeVisit): Promise<PostedBody | undefined> {
    if (parsedBody !== undefined) return { parsed: parsedBody };
    const body = await readBytes(request, this.settings.maxBodyBytes);
    if (body.kind === 'bytes') {
      handBody(request, body.bytes);
      return { text: decoder.decode(body.bytes) };
    }
    if (body.kind === 'too large') answer(response, tooLarge(this.settings.maxBodyBytes));
    return undefined;
  }

  /** Serves a request of a session. */
  async serve(session: OwnSession, { request, response, incoming, parsedBody }: NodeVisit): Promise<void> {
    if (isGone(request, response)) return;
    session.connected();
    onConnectionEnd(response, () => {
      session.disconnected();
    });
    // The transport does not check the size of a body that is already parsed.
    if (this.#isTooLarge({ request, parsedBody })) {
      answer(response, tooLarge(this.settings.maxBodyBytes));
      if (session.awaitsAnswer) session.answersRefused(await answersIn(parsedBody).ids());
      return;
    }
    const pendingPost = this.admission.pendingPost(incoming);
    await pendingPost.run(() => session.downstream.handleRequest(request, response, parsedBody, pendingPost));
  }

  #isTooLarge({ request, parsedBody }: Pick<NodeVisit, 'request' | 'parsedBody'>): boolean {
    return parsedBody !== undefined && sizeOf(request, parsedBody) > this.settings.maxBodyBytes;
  }

  async #passOn(
    forwardTo: ForwardTo,
    visit: NodeVisit,
    adopt: () => Promise<OwnSession | Answer | ForwardTo> = async () =>
      this.admission.adopt(visit.incoming, StreamableHTTPServerTransport),
  ): Promise<void> {
    const { forwarding } = this;
    const { maxBodyBytes } = this.settings;
    const { request, response, incoming } = visit;
    if (forwarding === undefined || isGone(request, response)) return;
    const gone = new AbortController();
    onConnectionEnd(response, () => {
      gone.abort(LEFT);
    });
    const { method = '' } = request;
    const asked = { door: 'node', method, rawHeaders: withHost(request.rawHeaders, incoming) } as const;
    const body = method === 'POST' ? await bytesOf(visit, maxBodyBytes) : undefined;
    if (body !== undefined && body.kind !== 'bytes') {
      // A client that was refused stops sending, and the id of an answer often comes last.
      const ids = body.kind === 'too large' ? await body.brought().ids(MAX_REFUSED_MS) : [];
      answer(response, tooLarge(maxBodyBytes));
      await forwarding.passRefused(asked, forwardTo, ids);
      return;
    }
    askForVanishing(visit);
    const toPass = { ...asked, body: body?.bytes, signal: gone.signal };
    const passed = await forwarding.pass(toPass, forwardTo, adopt);
    if (isGone(request, response)) return;
    if (!isPassed(passed)) {
      if (body !== undefined) handBody(request, body.bytes);
      if ('status' in passed) answer(response, passed);
      else await this.serve(passed, visit);
      return;
    }
    const headers = passedHeadersOf(passed);
    response.writeHead(passed.status, headers);
    if (!isStream(passed.body)) {
      response.end(passed.body);
      return;
    }
    // Nothing may come for a long time.
    response.flushHeaders();
    // It waits for a client that reads slowly, and ends the other side when the client leaves.
    pipeline(passed.body, response, () => undefined);
  }
}

/** A session whose transport is ours. */
type OwnSession = Session & { readonly downstream: StreamableHTTPServerTransport };

/** A request, and its response. */
export interface NodeVisit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly incoming: Incoming;
  /** `undefined`: nobody has parsed it. */
  readonly parsedBody?: unknown;
}

/** Answers the request with an error if its handling fails. */
export function answering(handling: Promise<void>, response: ServerResponse, report: (error: Error) => void): void {
  handling.catch((error: unknown) => {
    report(asError(error));
    if (response.headersSent) response.destroy();
    else answer(response, FAILED);
  });
}

/** The body as bytes. Those of a body that is parsed already are lost, so it is written anew. */
async function bytesOf({ request, parsedBody }: NodeVisit, maxBytes: number): ReturnType<typeof readBytes> {
  if (parsedBody === undefined) return readBytes(request, maxBytes);
  return sizeOf(request, parsedBody) > maxBytes
    ? { kind: 'too large', brought: () => answersIn(parsedBody) }
    : { kind: 'bytes', bytes: Buffer.from(JSON.stringify(parsedBody)) };
}

function isGone(request: IncomingMessage, response: ServerResponse): boolean {
  return response.closed || response.destroyed || request.socket.destroyed;
}

/** The parts of a request that decide whether it is let in. */
export function incomingOf(request: IncomingMessage): Incoming {
  const values = headersOf(request);
  const get = (name: string): string | null => values.get(name.toLowerCase())?.join(', ') ?? null;
  return {
    method: request.method ?? '',
    host: request.headers.host,
    headers: { get, has: (name) => get(name) !== null },
    headerNames: () => values.keys(),
    allHeaders() {
      const headers = new Headers();
      for (const [name, several] of values) for (const value of several) headers.append(name, value);
      return headers;
    },
  };
}

/** Replaces Node's `headersDistinct`, which some versions break on a header named like a member of `Object.prototype`. */
function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(String(rawHeaders[at + 1]));
    headers.set(name, values);
  }
  return headers;
}

/** Some frameworks say `null` where no body was parsed. */
function parsedBodyOf(request: IncomingMessage): unknown {
  return (request as { readonly body?: unknown }).body ?? undefined;
}

/**
 * The size of a parsed body in bytes: its `content-length` if there is one and the body was not compressed, otherwise
 * the size of its JSON without spaces.
 */
function sizeOf({ headers }: IncomingMessage, parsedBody: unknown): number {
  const sent = Number(headers['content-length'] ?? Number.NaN);
  const isAsSent = (headers['content-encoding'] ?? 'identity') === 'identity';
  return isAsSent && !Number.isNaN(sent) ? sent : Buffer.byteLength(JSON.stringify(parsedBody));
}

export function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
