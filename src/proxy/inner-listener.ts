import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { NotReceived } from '../cluster/cluster.js';
import { handBody } from '../http/handed-body.js';
import { markPassedOn } from '../http/passed-on.js';
import { StreamableHTTPServerTransport } from '../http/transport.js';
import type { Admission } from './admission.js';
import type { Incoming } from './guard.js';
import type { ModernEntry } from './modern-entry.js';
import { acceptsStream, mayBeModern, readModern, type ModernPost } from './modern-post.js';
import { answer, answering, incomingOf, type NodeDoor, type NodeHandler } from './node-listener.js';
import { OncePerPeriod } from './once-per-period.js';
import { NOT_FOUND, NOT_OF_THIS_CLUSTER, tooLarge, UNKNOWN_HERE, type Answer } from './own-answers.js';
import type { Session } from './session.js';
import type { ProxySettings } from './settings.js';
import { webIncomingOf, type WebDoor, type WebSession } from './web-handler.js';

const decoder = new TextDecoder();

const FORGED = 'a request on the inner listener was refused: no node of this cluster has signed it, or it came twice';
const REPORT_PERIOD_MS = 60_000;

/**
 * Serves the requests that other nodes pass on. Each is let in, or refused, as if it had come from its client: the guard
 * and the session see the headers of the client. A session is served by the entry that it was opened through.
 */
export function innerListener(
  admission: Admission,
  doors: { readonly node: NodeDoor; readonly web: WebDoor },
  settings: ProxySettings,
  report: (error: Error) => void,
  modern: ModernEntry | undefined,
): NodeHandler {
  const { cluster, maxBodyBytes } = settings;
  const reports = new OncePerPeriod(REPORT_PERIOD_MS, 1);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (cluster === undefined) {
      answer(response, NOT_FOUND);
      return;
    }
    const received = await cluster.received(request, maxBodyBytes);
    if (typeof received === 'string') {
      answer(response, refusalOf(received));
      return;
    }
    markPassedOn(request);
    const incoming = incomingOf(request);
    const post = modernPost(incoming, received.body);
    if (post !== undefined) {
      // Not passed on again, whatever its handle says.
      modern?.serve(post, modern.nodeWriters.writerFor(response, acceptsStream(incoming)));
      return;
    }
    const Transport = received.door === 'web' ? (await doors.web.load()).Transport : StreamableHTTPServerTransport;
    const session = await admission.enterFromNode(incoming, Transport);
    if ('status' in session) answer(response, session);
    else if (isOwn(session)) {
      handBody(request, received.body);
      await doors.node.serve(session, { request, response, incoming });
    } else await serveByWeb(session, webRequestOf(incoming, response, received.body), response);
  }

  function modernPost(incoming: Incoming, body: Uint8Array): ModernPost | undefined {
    if (modern === undefined || !mayBeModern(incoming) || admission.refusalOf(incoming) !== undefined) return undefined;
    return readModern(incoming, { text: decoder.decode(body) });
  }

  async function serveByWeb(session: Session, request: Request, response: ServerResponse): Promise<void> {
    const served = await doors.web.serve(session as WebSession, request, webIncomingOf(request));
    response.writeHead(served.status, Object.fromEntries(served.headers)).flushHeaders();
    if (served.body === null) response.end();
    // When the other node hangs up, the body is cancelled.
    else await pipeline(Readable.fromWeb(served.body as never), response).catch(() => undefined);
  }

  function refusalOf(reason: NotReceived): Answer {
    switch (reason) {
      case 'forged':
        if (reports.isDue(FORGED)) report(new Error(FORGED));
        return NOT_OF_THIS_CLUSTER;
      case 'of another':
        return UNKNOWN_HERE;
      case 'too large':
        return tooLarge(maxBodyBytes);
    }
  }

  return (request, response) => {
    answering(handle(request, response), response, report);
  };
}

function isOwn(session: Session): session is Session & { readonly downstream: StreamableHTTPServerTransport } {
  return session.downstream instanceof StreamableHTTPServerTransport;
}

function webRequestOf(incoming: Incoming, response: ServerResponse, body: Uint8Array): Request {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  const { method, host = 'localhost' } = incoming;
  const headers = incoming.allHeaders();
  const init = { method, headers, signal: gone.signal };
  return new Request(`http://${host}/`, method === 'POST' ? { ...init, body } : init);
}
