import { buildConnector, EnvHttpProxyAgent } from 'undici';
import { asError } from '../../errors.js';
import { proxiesFor } from './proxy-environment.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import { discard, isTaken, redirectIn } from './response-head.js';

/** Servers close an idle connection: most after five seconds, and not all say so. */
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
 * The connections to a server over HTTP, by way of a proxy where the environment names one. Each is used again, and a
 * server may take its time to answer.
 */
export class HttpClient {
  readonly #agent: EnvHttpProxyAgent;
  /** How many requests have no answer yet: nobody else needs a connection. */
  #unanswered = 0;
  #isClosed = false;
  #url: URL;

  constructor(url: URL) {
    this.#url = url;
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
    this.#agent = new EnvHttpProxyAgent({
      ...proxiesFor(url),
      // In the place of a connection that we have ended, undici opens a new one, for nobody.
      connect: (options, callback) => {
        if (this.#unanswered > 0) connect(options, callback);
        else callback(new Error('no request needs a connection'), null);
      },
      // A tunnel to a server without TLS is more than most proxies allow.
      proxyTunnel: false,
      // A call takes as long as it takes, and a stream may be silent for hours.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
    });
  }

  /** The URL that messages are sent to: another one, once the server has redirected a message and taken it there. */
  get url(): URL {
    return this.#url;
  }

  /**
   * Resolves with the head of the answer, whatever its status; so do the others.
   *
   * @param headers say who asks; what this class sets in them, it sets last
   */
  post(body: string, headers: RequestHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send({ method: 'POST', headers: { ...headers, ...POST_HEADERS }, body, signal });
  }

  /** Asks for a stream, or for what follows an event of one. */
  get(lastEventId: string | undefined, headers: RequestHeaders, signal: AbortSignal): Promise<HttpAnswer> {
    const last = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.#send({ method: 'GET', headers: { ...headers, ...GET_HEADERS, ...last }, signal });
  }

  delete(headers: RequestHeaders): Promise<HttpAnswer> {
    return this.#send({ method: 'DELETE', headers: { ...headers, ...HEADERS } });
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#isClosed = true;
    void this.#agent.destroy();
  }

  /** Follows redirects within the server: elsewhere, credentials are not for whoever is there. */
  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const { method } = request;
    let url = this.#url;
    let answer = await this.#sendTo(url, request);
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const target = redirectIn(answer, url);
      // After another status, what has a body would be asked for without it.
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
      // To end a body early is an error of it. Whoever reads it hears of those that matter.
      answer.body.on('error', () => undefined);
      return answer;
    } catch (error) {
      throw request.signal?.aborted === true ? error : unreached(error);
    } finally {
      this.#unanswered--;
    }
  }
}

/** Why there is no answer. A name with several addresses fails without words. */
function unreached(thrown: unknown): Error {
  const error = asError(thrown);
  const isCut = (error as { code?: unknown }).code === 'UND_ERR_SOCKET';
  const why = isCut ? 'the backend closed the connection without an answer' : error.message || 'no connection';
  return new Error(why, { cause: error });
}

/** The same server, or the same with TLS. */
function isWithin(from: URL, to: URL): boolean {
  const hasDefaultPorts = from.port === '' && to.port === '';
  const addsTls = from.protocol === 'http:' && to.protocol === 'https:' && hasDefaultPorts;
  return (from.origin === to.origin || (addsTls && from.hostname === to.hostname)) && to.username + to.password === '';
}
