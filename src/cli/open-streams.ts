import type { RequestListener, ServerResponse } from 'node:http';

/** The GET streams that are open. They never end by themselves. */
export class OpenStreams {
  readonly #open = new Set<ServerResponse>();

  /** Notes those that a listener opens. */
  noting(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (request.method === 'GET') {
        this.#open.add(response);
        response.once('close', () => this.#open.delete(response));
      }
      listener(request, response);
    };
  }

  /** Ends them. Their clients open others. */
  end(): void {
    for (const response of this.#open) response.end();
  }
}
