import { asError } from '../errors.js';
import { endsWithin } from '../ends-within.js';
import { withoutNulls } from '../null-for-absent.js';
import { messagesIn } from '../original-text.js';
import { MAX_REFUSED_MS, watchWebBody } from '../streams/posted-answers.js';
import { exactEvents, exactTransport, withTexts } from './exact-web-transport.js';
import { FAILED, tooLarge, type Answer } from './own-answers.js';
import type { Admission } from './admission.js';
import { parsedOrNull, readWebBody } from './web-body.js';
import type { Incoming } from './guard.js';
import { heldWebAnswer } from './held-web-answer.js';
import { withKnownVersion } from './protocol-version.js';
import type { Session } from './session.js';
import type { ProxySettings } from './settings.js';

/** Loaded on demand, because some supported versions of the SDK do not have it. */
const loadTransport = async () => {
  const module = await import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js');
  return exactTransport(module.WebStandardStreamableHTTPServerTransport);
};

const TOO_LARGE = Symbol('too large');

/** Serves web-standard requests. */
export function webHandler(
  admission: Admission,
  settings: ProxySettings,
  report: (error: Error) => void,
): (request: Request) => Promise<Response> {
  let loading: ReturnType<typeof loadTransport> | undefined;

  async function handle(request: Request, incoming: Incoming): Promise<Response> {
    // Loaded only once: import() costs time on every call, and more if the host uses module hooks.
    const Transport = await (loading ??= loadTransport());
    const session = await admission.enter(incoming, Transport);
    if ('status' in session) return responseOf(session);
    session.connected();
    const disconnected = (): void => {
      session.disconnected();
    };
    try {
      const known = withKnownVersion(request, session.protocolVersion);
      const message = request.method === 'POST' ? await readMessage(known, session) : undefined;
      if (message === TOO_LARGE) return whenEnded(responseOf(tooLarge(settings.maxBodyBytes)), disconnected);
      const pendingPost = admission.pendingPost(incoming);
      const { texts = [], ...options } = message ?? {};
      const answer = await pendingPost.run(() =>
        withTexts(texts, () => session.downstream.handleRequest(known, options)),
      );
      return whenEnded(await heldWebAnswer(answer, pendingPost), disconnected);
    } catch (error) {
      disconnected();
      throw error;
    }
  }

  /** The posted message, or `TOO_LARGE`. */
  async function readMessage(request: Request, session: Session): Promise<PostedMessages | typeof TOO_LARGE> {
    // This can be an answer only while a server request is open.
    const posted = session.awaitsAnswer ? watchWebBody(request) : undefined;
    const body = await readWebBody(request, settings.maxBodyBytes);
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

  return async (request) => {
    const incoming = incomingOf(request);
    const response = await handle(request, incoming).catch((error: unknown) => {
      report(asError(error));
      return responseOf(FAILED);
    });
    for (const [name, value] of Object.entries(admission.corsHeaders(incoming))) response.headers.set(name, value);
    return response;
  };
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

function incomingOf({ method, url, headers }: Request): Incoming {
  // A `Request` made by hand has no `Host` header.
  return { method, host: headers.get('host') ?? new URL(url).host, headers, allHeaders: () => headers };
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}

/** Returns the same response, with the texts of its messages, and calls `onEnd` when its body has ended or was cancelled. */
function whenEnded(response: Response, onEnd: () => void): Response {
  let isOver = false;
  // Cancelling the stream also ends a pending read, so this may run twice.
  const ended = (): void => {
    if (!isOver) onEnd();
    isOver = true;
  };
  const { status, statusText, headers } = response;
  if (response.body === null) {
    ended();
    return new Response(null, { status, statusText, headers });
  }
  const source: ReadableStream<Uint8Array> = response.body;
  const reader = source.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read().catch((error: unknown) => {
          ended();
          throw error;
        });
        if (!done) {
          controller.enqueue(exactEvents(value));
          return;
        }
        ended();
        controller.close();
      },
      cancel: async (reason) => {
        ended();
        await reader.cancel(reason);
      },
    },
    // Reads from the source only on demand.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}
