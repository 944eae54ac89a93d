import { withAdded } from '../../added-headers.js';
import { BriefSet } from '../../routing/brief-set.js';
import { asError } from '../../errors.js';
import type { Cancellation } from '../cancellation.js';
import { HttpConnections, identityIn, type SharedConnections } from './connections.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import { HttpExchange } from './http-exchange.js';
import { discard, isTaken, redirectIn } from './response-head.js';

const MAX_REDIRECTS = 5;

/** Some servers refuse requests without a user agent. */
const USER_AGENT = { 'user-agent': 'node' };

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
  readonly cancellation?: Cancellation;
}

/**
 * The connections to an HTTP server, through a proxy if the environment names one. Connections are reused. There is no
 * limit on how long the server may take to answer.
 */
export class HttpClient {
  readonly #shared: SharedConnections;
  /** For requests that say something else of their sender than the first did: with a newer token, or on trial. */
  #own: SharedConnections | undefined;
  readonly #identity: string;
  readonly #underWay = new BriefSet<HttpExchange>();
  #isClosed = false;
  #url: URL;

  /** @param headers that each request has, unless it is sent with others */
  constructor(url: URL, connections: HttpConnections = new HttpConnections(), headers: RequestHeaders = {}) {
    this.#url = url;
    this.#identity = identityIn(headers);
    this.#shared = connections.share(url, this.#identity);
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
  post(body: string, headers: RequestHeaders, cancellation: Cancellation): Promise<HttpAnswer> {
    return this.#send({ method: 'POST', headers: { ...USER_AGENT, ...headers, ...POST_HEADERS }, body, cancellation });
  }

  /** Like {@link post}, but the content type and the accepted ones are among the headers. */
  relay(body: string, headers: RequestHeaders, cancellation: Cancellation): Promise<HttpAnswer> {
    return this.#send({ method: 'POST', headers: { ...USER_AGENT, ...headers, ...HEADERS }, body, cancellation });
  }

  /** Asks for a stream, or for the rest of a stream after an event. */
  get(lastEventId: string | undefined, headers: RequestHeaders, cancellation: Cancellation): Promise<HttpAnswer> {
    const last = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.#send({ method: 'GET', headers: { ...USER_AGENT, ...headers, ...GET_HEADERS, ...last }, cancellation });
  }

  delete(headers: RequestHeaders): Promise<HttpAnswer> {
    return this.#send({ method: 'DELETE', headers: { ...USER_AGENT, ...headers, ...HEADERS } });
  }

  /** Aborts everything that is under way. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const exchange of this.#underWay) exchange.abort(new Error('the connection is closed'));
    this.#shared.release();
    this.#own?.release();
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

  #sendTo({ origin, pathname, search }: URL, request: HttpRequest): Promise<HttpAnswer> {
    if (this.#isClosed) return Promise.reject(new Error('the connection is closed'));
    const { method, headers: own, body = null, cancellation } = request;
    const connections = this.#connectionsFor(own);
    // They say nothing of the sender.
    const headers = method === 'POST' ? withAdded(own) : own;
    const exchange = new HttpExchange({
      answered: () => {
        connections.answered(request);
      },
      over: () => {
        leave();
      },
    });
    const leave = this.#underWay.add(exchange);
    cancellation?.endsWith(exchange.abort);
    try {
      connections.dispatch({ origin, path: pathname + search, method, headers, body }, exchange);
    } catch (error) {
      leave();
      exchange.abort(asError(error));
    }
    return exchange.answered;
  }

  /** Nobody's connections are used for another sender. */
  #connectionsFor(headers: RequestHeaders): SharedConnections {
    if (identityIn(headers) === this.#identity) return this.#shared;
    return (this.#own ??= new HttpConnections().share(this.#url, ''));
  }
}

/** Whether both URLs name the same server, or `to` adds TLS to it. */
function isWithin(from: URL, to: URL): boolean {
  const hasDefaultPorts = from.port === '' && to.port === '';
  const addsTls = from.protocol === 'http:' && to.protocol === 'https:' && hasDefaultPorts;
  return (from.origin === to.origin || (addsTls && from.hostname === to.hostname)) && to.username + to.password === '';
}
