import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';

/** Servers close a connection that is idle: most after five seconds, and not all say so. */
const IDLE_TIMEOUT_MS = 4_000;

/** The connections to a server over HTTP. Each is used again, and a server may take its time to answer. */
export class Wire {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS }),
    'https:': new https.Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS }),
  };
  #isClosed = false;

  /** Resolves with the head of the answer, whatever its status. */
  exchange(url: URL, options: RequestOptions, body?: string): Promise<IncomingMessage> {
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

  /** Breaks off what is under way. */
  close(): void {
    this.#isClosed = true;
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}
