import { buildConnector, EnvHttpProxyAgent } from 'undici';
import { asError } from '../../errors.js';
import { proxiesFor } from './proxy-environment.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import { discard, isTaken, redirectIn } from './response-head.js';

/** We close idle connections before the server does: most servers do after five seconds, some without announcing it. */
const IDLE_TIMEOUT_MS = 4_000;

const CONNECT_TIMEOUT_MS = 30_000;

const MAX_REDIRECTS = 5;

/** We ask for no compression. Some servers compress all the same. */
const HEADERS = { 'accept-encoding': 'identity' };
const GET_HEADERS = { ...HEADERS, accept: 'text/event-stream' };
const POST_HEADERS = {
  ...HEADERS,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: RequestHeaders;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/**
 * The connections to an HTTP server, through a proxy if the environment names one. Connections are reused. There is no
 * limit on how long the server may take to answer.
 */
export class HttpClient {
  readonly #agent: EnvHttpProxyAgent;
  /** How many requests have no answer yet. If there are none, no connection is needed. */
  #unanswered = 0;
  #isClosed = false;
  #url: URL;

  constructor(url: URL) {
    this.#url = url;
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
    this.#agent = new EnvHttpProxyAgent({
      ...proxiesFor(url),
      // undici replaces a connection that we end, even if no request needs the new one.
      connect: (options, callback) => {
        if (this.#unanswered > 0) connect(options, callback);
        else callback(new Error('no request needs a connection'), null);
      },
      // Most proxies allow no tunnel to a server without TLS.
      proxyTunnel: false,
      // A call may take any time, and a stream may be silent for hours.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
    });
  }

  /** Where messages are sent. Changes when the server redirects a message and accepts it at the new URL. */
  get url(): URL {
    return this.#url;
  }

  /**
   * Resolves with the head of the answer, whatever its status. `get()` and `delete()` do the same.
   *
   * @param headers identify the client; headers that this class sets override them
   */
  post(body: string, headers: RequestHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send({ method: 'POST', headers: { ...headers, ...POST_HEADERS }, body, signal });
  }

  /** Asks for a stream, or for the rest of a stream after an event. */
  get(lastEventId: string | undefined, headers: RequestHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    const last = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.#send({ method: 'GET', headers: { ...headers, ...GET_HEADERS, ...last }, signal });
  }

  delete(headers: RequestHeaders): Promise<HttpAnswer> {
    return this.#send({ method: 'DELETE', headers: { ...headers, ...HEADERS } });
  }

  /** Aborts everything that is under way. */
  close(): void {
    this.#isClosed = true;
    void this.#agent.destroy();
  }

  /** Follows redirects within the server only: another server must not get the credentials. */
  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const { method } = request;
    let url = this.#url;
    let answer = await this.#sendTo(url, request);
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const target = redirectIn(answer, url);
      // With any other redirect status, a request with a body would be repeated without it.
      const isKept = method === 'GET' || answer.statusCode === 307 || answer.statusCode === 308;
      if (target === undefined || !isKept || !isWithin(url, target)) break;
      discard(answer);
      url = target;
      answer = await this.#sendTo(url, request);
    }
    if (method === 'POST' && isTaken(answer)) this.#url = url;
    return answer;
  }

  async #sendTo({ origin, pathname, search }: URL, request: HttpRequest): Promise<HttpAnswer> {
    if (this.#isClosed) throw new Error('the connection is closed');
    this.#unanswered++;
    try {
      const answer = await this.#agent.request({ origin, path: pathname + search, ...request });
      // Ending a body early emits an error. Readers of the body listen for the errors that matter.
      answer.body.on('error', () => undefined);
      return answer;
    } catch (error) {
      throw request.signal?.aborted === true ? error : unreached(error);
    } finally {
      this.#unanswered--;
    }
  }
}

/** Why there is no answer. For a host with several addresses, the error has an empty message. */
function unreached(thrown: unknown): Error {
  const error = asError(thrown);
  const isCut = (error as { code?: unknown }).code === 'UND_ERR_SOCKET';
  const why = isCut ? 'the backend closed the connection without an answer' : error.message || 'no connection';
  return new Error(why, { cause: error });
}

/** Whether both URLs name the same server, or `to` adds TLS to it. */
function isWithin(from: URL, to: URL): boolean {
  const hasDefaultPorts = from.port === '' && to.port === '';
  const addsTls = from.protocol === 'http:' && to.protocol === 'https:' && hasDefaultPorts;
  return (from.origin === to.origin || (addsTls && from.hostname === to.hostname)) && to.username + to.password === '';
}
