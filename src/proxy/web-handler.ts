import { asError } from '../errors.js';
import { endsWithin } from '../ends-within.js';
import { withoutNulls } from '../null-for-absent.js';
import { watchWebBody } from '../streams/posted-answers.js';
import { FAILED, tooLarge, type Answer } from './own-answers.js';
import type { Admission } from './admission.js';
import { readWebBody } from './body.js';
import type { Incoming } from './guard.js';
import { heldWebAnswer } from './held-answer.js';
import { withKnownVersion } from './protocol-version.js';
import type { Session } from './session.js';
import type { ProxySettings } from './settings.js';

/** Not every version of the SDK that serves `node:http` has it. */
const loadTransport = () => import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js');

/** How long a body that is too large is read on, to find out whose answer it is. */
const MAX_REFUSED_MS = 10_000;

const TOO_LARGE = Symbol('too large');

/** Serves web-standard requests. */
export function webHandler(
  admission: Admission,
  settings: ProxySettings,
  report: (error: Error) => void,
): (request: Request) => Promise<Response> {
  let loading: ReturnType<typeof loadTransport> | undefined;

  async function handle(request: Request, incoming: Incoming): Promise<Response> {
    // Once: import() takes its time again for each request, and more where the host has hooks for modules.
    const { WebStandardStreamableHTTPServerTransport: Transport } = await (loading ??= loadTransport());
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
      const options = message === undefined ? undefined : { parsedBody: message };
      const answer = await pendingPost.run(() => session.downstream.handleRequest(known, options));
      return whenEnded(await heldWebAnswer(answer, pendingPost), disconnected);
    } catch (error) {
      disconnected();
      throw error;
    }
  }

  /** What the client has posted; nothing, where that is too large. */
  async function readMessage(request: Request, session: Session): Promise<unknown> {
    // Only while the client is asked something may this be its answer.
    const posted = session.awaitsAnswer ? watchWebBody(request) : undefined;
    const body = await readWebBody(request, settings.maxBodyBytes);
    if (body === 'too large') {
      // The id often comes last.
      const ids = posted?.ids();
      if (ids !== undefined)
        await endsWithin(
          MAX_REFUSED_MS,
          ids.then((all) => session.answersRefused(all)),
        );
      return TOO_LARGE;
    }
    try {
      return withoutNulls(JSON.parse(body === 'broken off' ? '' : body.text));
    } catch {
      // No message either: the transport says so, unless more is wrong with the request.
      return null;
    }
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

function incomingOf({ method, url, headers }: Request): Incoming {
  // A `Request` that was made by hand has no such header.
  return { method, host: headers.get('host') ?? new URL(url).host, headers, allHeaders: () => headers };
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}

/** The same response, which tells when its body has ended or is no longer wanted. */
function whenEnded(response: Response, onEnd: () => void): Response {
  let isOver = false;
  // A read that waits ends as well when its stream is cancelled.
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
          controller.enqueue(value);
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
    // Reads only when it is read.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}
