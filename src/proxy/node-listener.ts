import type { IncomingMessage, ServerResponse } from 'node:http';
import { asError } from '../errors.js';
import { StreamableHTTPServerTransport } from '../http/transport.js';
import { FAILED, tooLarge, type Answer } from './own-answers.js';
import type { Admission } from './admission.js';
import type { Incoming } from './guard.js';
import { onConnectionEnd } from '../streams/connection-end.js';
import { answersIn } from '../streams/posted-answers.js';
import type { ProxySettings } from './settings.js';

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves requests of `node:http`. If a framework has already parsed the body, `request.body` is used. */
export function nodeHandler(
  admission: Admission,
  settings: ProxySettings,
  report: (error: Error) => void,
): NodeHandler {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const incoming = incomingOf(request);
    for (const [name, value] of Object.entries(admission.corsHeaders(incoming))) response.setHeader(name, value);
    const parsedBody = parsedBodyOf(request);
    // Earlier handlers may have taken so long that the client is gone. Its `close` event has passed, so the session would
    // never learn that the connection ended.
    if (isGone(request, response)) return;
    const entered = admission.enter(incoming, StreamableHTTPServerTransport);
    const session = entered instanceof Promise ? await entered : entered;
    if ('status' in session) {
      answer(response, session);
      return;
    }
    if (isGone(request, response)) return;
    session.connected();
    onConnectionEnd(response, () => {
      session.disconnected();
    });
    // The transport does not check the size of a body that is already parsed.
    if (parsedBody !== undefined && sizeOf(request, parsedBody) > settings.maxBodyBytes) {
      answer(response, tooLarge(settings.maxBodyBytes));
      if (session.awaitsAnswer) session.answersRefused(await answersIn(parsedBody).ids());
      return;
    }
    const pendingPost = admission.pendingPost(incoming);
    await pendingPost.run(() => session.downstream.handleRequest(request, response, parsedBody, pendingPost));
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      report(asError(error));
      if (response.headersSent) response.destroy();
      else answer(response, FAILED);
    });
  };
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

function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
