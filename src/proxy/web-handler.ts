import { Readable } from 'node:stream';
import type { PassedAnswer } from '../cluster/cluster.js';
import type { WebStandardStreamableHTTPServerTransport as WebTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { asError } from '../errors.js';
import { endsWithin } from '../ends-within.js';
import { withoutNulls } from '../null-for-absent.js';
import { messagesIn } from '../json-messages.js';
import { MAX_REFUSED_MS, watchWebBody } from '../streams/posted-answers.js';
import { exactTransport, withTexts } from './exact-web-transport.js';
import { FAILED, NOT_FOUND, tooLarge, type Answer } from './own-answers.js';
import { WebWriter } from '../modern/web-writer.js';
import type { ModernEntry } from './modern-entry.js';
import { acceptsStream, mayBeModern, modernRefusalOf, readModern } from './modern-post.js';
import type { Admission, ForwardTo } from './admission.js';
import { isPassed, isStream, withHost, type Forwarding } from './forwarding.js';
import { parsedOrNull, readWebBody, readWebBytes } from './web-body.js';
import type { Incoming } from './guard.js';
import type { withKnownVersion } from './protocol-version.js';
import { heldWebAnswer } from './held-web-answer.js';
import type { Session } from './session.js';
import type { ProxySettings } from './settings.js';
import { whenEnded } from './when-ended.js';

/** What is loaded on demand: some supported versions of the SDK do not have the transport, and few hosts need it. */
interface Loaded {
  readonly Transport: typeof WebTransport;
  readonly withKnownVersion: typeof withKnownVersion;
}

async function load(): Promise<Loaded> {
  const [sdk, versions] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
    import('./protocol-version.js'),
  ]);
  return {
    Transport: exactTransport(sdk.WebStandardStreamableHTTPServerTransport),
    withKnownVersion: versions.withKnownVersion,
  };
}

const NO_CONTENT = 204;

const decoder = new TextDecoder();

const TOO_LARGE = Symbol('too large');

/** The entry for web-standard requests. */
export class WebDoor {
  #loading: Promise<Loaded> | undefined;

  constructor(
    private readonly admission: Admission,
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
    private readonly forwarding: Forwarding | undefined,
    /** For clients of the revision without sessions. `undefined`: they are not served. */
    private readonly modern: ModernEntry | undefined,
  ) {}

  /** Serves a client's request. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const incoming = webIncomingOf(request);
    const response = await this.#handle(request, incoming).catch((error: unknown) => {
      this.report(asError(error));
      return responseOf(FAILED);
    });
    for (const [name, value] of Object.entries(this.admission.corsHeaders(incoming))) response.headers.set(name, value);
    return response;
  };

  async #handle(request: Request, incoming: Incoming): Promise<Response> {
    const { modern, settings } = this;
    if (modern === undefined || !this.admission.takesNew(incoming)) return this.#handleWithSession(request, incoming);
    const refusal = modernRefusalOf(incoming);
    if (refusal !== undefined) return responseOf(refusal);
    if (!mayBeModern(incoming)) return this.#handleWithSession(request, incoming);
    const { maxBodyBytes } = settings;
    const body = await readWebBytes(request, maxBodyBytes);
    if (body === 'too large') return responseOf(tooLarge(maxBodyBytes));
    if (body === 'broken off') return responseOf(FAILED);
    const post = readModern(incoming, { text: decoder.decode(body) });
    if (post === undefined) return this.#handleWithSession(withBody(request, body), incoming);
    const elsewhere = await modern.elsewhere(post);
    if (elsewhere !== undefined) {
      if ('status' in elsewhere) return responseOf(elsewhere);
      return this.#passOn(elsewhere, withBody(request, body), incoming, async () => Promise.resolve(modern.lost(post)));
    }
    const writer = new WebWriter(request.signal, settings.maxBufferedBytes, acceptsStream(incoming));
    modern.serve(post, writer);
    return writer.response;
  }

  async #handleWithSession(request: Request, incoming: Incoming): Promise<Response> {
    const { Transport } = await this.load();
    const session = await this.admission.enter(incoming, Transport);
    if ('to' in session) return this.#passOn(session, request, incoming);
    return 'status' in session ? responseOf(session) : this.serve(session, request, incoming);
  }

  /** Loaded only once: import() costs time on every call, and more if the host uses module hooks. */
  load(): Promise<Loaded> {
    return (this.#loading ??= load());
  }

  /** Serves a request of a session. */
  async serve(session: WebSession, request: Request, incoming: Incoming): Promise<Response> {
    const { settings } = this;
    const { withKnownVersion: withKnown } = await this.load();
    session.connected();
    let isConnected = true;
    const disconnected = (): void => {
      if (isConnected) session.disconnected();
      isConnected = false;
    };
    // A client that waits for a JSON answer reads no body yet, so nothing else shows that it leaves.
    if (settings.enableJsonResponse) request.signal.addEventListener('abort', disconnected);
    try {
      const known = withKnown(request, session.protocolVersion);
      const message = request.method === 'POST' ? await this.#readMessage(known, session) : undefined;
      if (message === TOO_LARGE) return whenEnded(responseOf(tooLarge(settings.maxBodyBytes)), disconnected);
      const pendingPost = this.admission.pendingPost(incoming);
      const { texts = [], ...options } = message ?? {};
      const handled = pendingPost.run(() => withTexts(texts, () => session.downstream.handleRequest(known, options)));
      const answer = await (settings.enableJsonResponse ? unlessOver(session.over.signal, handled) : handled);
      return whenEnded(await heldWebAnswer(answer, pendingPost), disconnected);
    } catch (error) {
      disconnected();
      throw error;
    }
  }

  async #passOn(
    forwardTo: ForwardTo,
    request: Request,
    incoming: Incoming,
    adopt: () => Promise<WebSession | Answer | ForwardTo> = async () =>
      this.admission.adopt(incoming, (await this.load()).Transport),
  ): Promise<Response> {
    const { forwarding } = this;
    const { maxBodyBytes } = this.settings;
    const { method, headers, signal } = request;
    const asked = { door: 'web', method, rawHeaders: withHost([...headers].flat(), incoming) } as const;
    const posted = method === 'POST' ? watchWebBody(request) : undefined;
    const body = method === 'POST' ? await readWebBytes(request, maxBodyBytes) : undefined;
    if (forwarding === undefined || body === 'broken off') return responseOf(FAILED);
    if (body === 'too large') {
      const told = posted?.ids().then(async (ids) => forwarding.passRefused(asked, forwardTo, ids));
      await endsWithin(MAX_REFUSED_MS, Promise.resolve(told));
      return responseOf(tooLarge(maxBodyBytes));
    }
    const passed = await forwarding.pass({ ...asked, body, signal }, forwardTo, adopt);
    if (!isPassed(passed)) {
      if ('status' in passed) return responseOf(passed);
      return this.serve(passed, withBody(request, body), incoming);
    }
    const { status } = passed;
    // Cancelled by a client that leaves, a stream ends the other side.
    const answered = isStream(passed.body) ? Readable.toWeb(passed.body) : passed.body;
    return new Response(status === NO_CONTENT ? null : (answered as ReadableStream<Uint8Array>), {
      status,
      headers: webHeadersOf(passed),
    });
  }

  /** The posted message, or `TOO_LARGE`. */
  async #readMessage(request: Request, session: Session): Promise<PostedMessages | typeof TOO_LARGE> {
    // This can be an answer only while a server request is open.
    const posted = session.awaitsAnswer ? watchWebBody(request) : undefined;
    const body = await readWebBody(request, this.settings.maxBodyBytes);
    if (body === 'too large') {
      const ids = posted?.ids();
      if (ids !== undefined)
        await endsWithin(
          MAX_REFUSED_MS,
          ids.then((all) => session.answersRefused(all)),
        );
      return TOO_LARGE;
    }
    return body === 'broken off' ? { parsedBody: null, texts: [] } : postedIn(body.text);
  }
}

/** A session whose transport is the SDK's web-standard one. */
export type WebSession = Session & { readonly downstream: WebTransport };

/** The same request, whose body was read, with its body. */
function withBody({ url, method, headers, signal }: Request, body: Uint8Array | undefined): Request {
  return new Request(url, { method, headers, signal, ...(body && { body }) });
}

function webHeadersOf({ rawHeaders }: PassedAnswer): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

/** The SDK's transport never settles a JSON answer that is still missing when it is closed. */
async function unlessOver(over: AbortSignal, handled: Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      resolve(responseOf(NOT_FOUND));
    };
    over.addEventListener('abort', gone);
    void handled.then(resolve, reject).finally(() => {
      over.removeEventListener('abort', gone);
    });
  });
}

/** What was posted, as the transport takes it. */
interface PostedMessages {
  readonly parsedBody: unknown;
  readonly texts: readonly (string | undefined)[];
}

function postedIn(body: string): PostedMessages {
  const value = parsedOrNull(body);
  if (value === null) return { parsedBody: null, texts: [] };
  const read = messagesIn(value, body).map(({ message, text }) => {
    const clean = withoutNulls(message);
    return { clean, text: clean === message ? text : undefined };
  });
  const all = read.map(({ clean }) => clean);
  return { parsedBody: Array.isArray(value) ? all : all[0], texts: read.map(({ text }) => text) };
}

export function webIncomingOf({ method, url, headers }: Request): Incoming {
  // A `Request` made by hand has no `Host` header.
  return {
    method,
    host: headers.get('host') ?? new URL(url).host,
    headers,
    headerNames: () => headers.keys(),
    allHeaders: () => headers,
  };
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}
