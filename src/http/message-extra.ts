import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Peer } from '../proxy-events.js';
import type { RequestId } from '../routing/message.js';
import { urlOf } from './address.js';
import { isPassedOn } from './passed-on.js';

/** What a handler may know of the HTTP request in which a message came. */
interface RequestInfo {
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** Where the request came from, if it came straight from the client. */
  readonly peer: Peer | undefined;
}

/** What comes with a message. The first five are those of the SDK's transports. */
export interface MessageExtra {
  /** What the authorization middleware has left in `request.auth`. */
  readonly authInfo: unknown;
  /** For SDK 1.x. */
  readonly requestInfo: RequestInfo;
  /** For SDK 2.x. */
  readonly request: Request;
  /** Closes the stream of this request. The client comes back for the answer. Only if it can. */
  readonly closeSSEStream: (() => void) | undefined;
  readonly closeStandaloneSSEStream: (() => void) | undefined;
  /** The message as it was read, if the body had not been parsed before. */
  readonly text: string | undefined;
}

/** Closes streams early. */
interface StreamCloser {
  closeSSEStream(id: RequestId): void;
  closeStandaloneSSEStream(): void;
}

/**
 * What all messages of a request share. Few handlers ask for the URL, and it costs as much as the rest of a small request:
 * it is made when it is read.
 */
export function requestInfoOf(request: IncomingMessage): RequestInfo {
  return {
    headers: request.headers,
    get url() {
      return urlOf(request);
    },
    get peer() {
      const { remoteAddress: address, remotePort: port } = request.socket;
      return address === undefined || isPassedOn(request) ? undefined : { address, port };
    },
  };
}

export function extraOf(
  request: IncomingMessage,
  requestInfo: RequestInfo,
  text: string | undefined,
  closable: { readonly closer: StreamCloser; readonly id: RequestId } | undefined,
): MessageExtra {
  return {
    authInfo: (request as { readonly auth?: unknown }).auth,
    requestInfo,
    get request() {
      return new Request(urlOf(request), { method: 'POST', headers: webHeadersOf(request.headers) });
    },
    closeSSEStream:
      closable &&
      (() => {
        closable.closer.closeSSEStream(closable.id);
      }),
    closeStandaloneSSEStream:
      closable &&
      (() => {
        closable.closer.closeStandaloneSSEStream();
      }),
    text,
  };
}

function webHeadersOf(headers: IncomingHttpHeaders): [string, string][] {
  const named = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  return named.flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]));
}
