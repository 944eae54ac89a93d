import http, { type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import https from 'node:https';
import { discard, isTaken, redirectIn } from './response-head.js';

/** Servers close a connection that is idle: most after five seconds, and not all say so. */
const IDLE_TIMEOUT_MS = 4_000;

const MAX_REDIRECTS = 5;

/** What is compressed is not read. */
const HEADERS = { 'accept-encoding': 'identity' };
const GET_HEADERS = { ...HEADERS, accept: 'text/event-stream' };
const POST_HEADERS = {
  ...HEADERS,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** The connections to a server over HTTP. Each is used again, and a server may take its time to answer. */
export class HttpClient {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS }),
    'https:': new https.Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS }),
  };
  #isClosed = false;
  #url: URL;

  constructor(
    url: URL,
    /** Who asks; of what is fixed here, nothing can be chosen there. */
    private readonly headers: () => OutgoingHttpHeaders,
  ) {
    this.#url = url;
  }

  /** Where messages are taken: elsewhere, if the server has redirected one that was. */
  get url(): URL {
    return this.#url;
  }

  /** Resolves with the head of the answer, whatever its status; so do the others. */
  post(body: string, signal?: AbortSignal): Promise<IncomingMessage> {
    return this.#send('POST', POST_HEADERS, { signal }, body);
  }

  /** Asks for a stream, or for what follows an event of one. */
  get(lastEventId: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const last = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.#send('GET', { ...GET_HEADERS, ...last }, { signal });
  }

  delete(): Promise<IncomingMessage> {
    return this.#send('DELETE', HEADERS, {});
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#isClosed = true;
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Follows redirects within the server: elsewhere, credentials are not for whoever is there. */
  async #send(
    method: string,
    headers: OutgoingHttpHeaders,
    { signal }: Pick<RequestOptions, 'signal'>,
    body?: string,
  ): Promise<IncomingMessage> {
    const whole = { method, headers: { ...this.headers(), ...headers }, signal };
    let url = this.#url;
    let answer = await this.#exchange(url, whole, body);
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const target = redirectIn(answer, url);
      // After another status, what has a body would be asked for without it.
      const isKept = method === 'GET' || answer.statusCode === 307 || answer.statusCode === 308;
      if (target === undefined || !isKept || !isWithin(url, target)) break;
      discard(answer);
      url = target;
      answer = await this.#exchange(url, whole, body);
    }
    if (method === 'POST' && isTaken(answer)) this.#url = url;
    return answer;
  }

  #exchange(url: URL, options: RequestOptions, body?: string): Promise<IncomingMessage> {
    if (this.#isClosed) return Promise.reject(new Error('the connection is closed'));
    const { request } = url.protocol === 'https:' ? https : http;
    const agent = this.#agents[url.protocol === 'https:' ? 'https:' : 'http:'];
    return new Promise((resolve, reject) => {
      const sent = request(url, { ...options, agent });
      const closed = (): void => {
        reject(new Error('the backend closed the connection without an answer'));
      };
      sent.once('response', (answer) => {
        sent.off('close', closed);
        resolve(answer);
      });
      sent.once('close', closed);
      // A name with several addresses fails without words.
      sent.on('error', (error) => {
        reject(new Error(error.message === '' ? 'no connection' : error.message, { cause: error }));
      });
      sent.end(body);
    });
  }
}

/** The same server, or the same with TLS. */
function isWithin(from: URL, to: URL): boolean {
  const hasDefaultPorts = from.port === '' && to.port === '';
  const addsTls = from.protocol === 'http:' && to.protocol === 'https:' && hasDefaultPorts;
  return (from.origin === to.origin || (addsTls && from.hostname === to.hostname)) && to.username + to.password === '';
}
