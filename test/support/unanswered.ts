import type { IncomingMessage, ServerResponse } from 'node:http';
import { onConnectionEnd } from '../../src/streams/connection-end.js';

/** The requests that a server has taken, and not answered to the end: each holds a connection. */
export class Unanswered {
  readonly #answers = new Map<ServerResponse, string>();

  readonly add = ({ method, url }: IncomingMessage, response: ServerResponse): void => {
    this.#answers.set(response, `${method ?? ''} ${url ?? ''}`);
    onConnectionEnd(response, () => this.#answers.delete(response));
  };

  get list(): string[] {
    return [...this.#answers].filter(([{ writableEnded }]) => !writableEnded).map(([, request]) => request);
  }
}
