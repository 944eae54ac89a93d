import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Peer } from '../proxy-events.js';
import type { RequestId } from '../routing/message.js';
import { urlOf } from './address.js';
import { isPassedOn } from './passed-on.js';

/**
 * What a handler may know of the HTTP request in which a message came: all messages of a request share it. Few handlers ask
 * for the URL, and it costs as much as the rest of a small request: it is made when it is read.
 *
 * A class, here and below: for each object literal with a getter, V8 makes a hidden class, which lives on and keeps the
 * request in memory until the next major garbage collection.
 */
export class RequestInfo {
  readonly headers: IncomingHttpHeaders;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    this.headers = request.headers;
    this.#request = request;
  }

  get url(): URL {
    return urlOf(this.#request);
  }

  /** For logs: a copy would lack what is made when it is read. */
  toJSON(): object {
    const { headers, url, peer } = this;
    return { headers, url, peer };
  }

  /** Where the request came from, if it came straight from the client. */
  get peer(): Peer | undefined {
    const { remoteAddress: address, remotePort: port } = this.#request.socket;
    return address === undefined || isPassedOn(this.#request) ? undefined : { address, port };
  }
}

/** Closes streams early. */
interface StreamCloser {
  closeSSEStream(id: RequestId): void;
  closeStandaloneSSEStream(): void;
}

/** What comes with a message, but for `text` as the SDK's transports give it. */
export class MessageExtra {
  /** What the authorization middleware has left in `request.auth`. */
  readonly authInfo: unknown;
  /** Closes the stream of this request. The client comes back for the answer. Only if it can. */
  readonly closeSSEStream: (() => void) | undefined;
  readonly closeStandaloneSSEStream: (() => void) | undefined;
  readonly #request: IncomingMessage;

  constructor(
    request: IncomingMessage,
    /** For SDK 1.x. */
    readonly requestInfo: RequestInfo,
    /** The message as it was read, if the body had not been parsed before. */
    readonly text: string | undefined,
    closable: { readonly closer: StreamCloser; readonly id: RequestId } | undefined,
  ) {
    this.#request = request;
    this.authInfo = (request as { readonly auth?: unknown }).auth;
    this.closeSSEStream =
      closable &&
      (() => {
        closable.closer.closeSSEStream(closable.id);
      });
    this.closeStandaloneSSEStream =
      closable &&
      (() => {
        closable.closer.closeStandaloneSSEStream();
      });
  }

  /** For SDK 2.x. */
  get request(): Request {
    return new Request(urlOf(this.#request), { method: 'POST', headers: webHeadersOf(this.#request.headers) });
  }
}

function webHeadersOf(headers: IncomingHttpHeaders): [string, string][] {
  const named = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  return named.flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]));
}
