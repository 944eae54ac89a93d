import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { StrictClient, type Arrival, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { startUpstream } from '../support/upstreams.js';

/** What every example gives back. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** What a test has opened: closed again in reverse. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  add<T extends { close(): Promise<void> }>(opened: T): T {
    this.#closers.push(async () => opened.close());
    return opened;
  }

  /** A client that accepts every elicitation with its own question as the answer. */
  async client(url: string, options: StrictClientOptions = {}): Promise<StrictClient> {
    const client = await StrictClient.connect(url, {
      ...options,
      answers: {
        'elicitation/create': ({ params }) => {
          const { message } = params as { message: string };
          return { action: 'accept', content: { name: 'Ada', answer: message } };
        },
      },
    });
    this.#closers.push(() => {
      client.vanish();
    });
    return client;
  }

  /** A backend over Streamable HTTP, as the proxies want to be told of it. */
  async backendOverHttp(): Promise<{ connectUpstream: () => Promise<Transport> }> {
    const backend = this.add(await startUpstream('streamable-http'));
    return { connectUpstream: async () => backend.connect() };
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** `[method, stream]` of the server-initiated messages that have arrived. */
export function serverInitiated(arrivals: readonly Arrival[]): (readonly [string, string])[] {
  return arrivals.flatMap(({ message: { method }, stream }) =>
    method === undefined ? [] : [[method, stream] as const],
  );
}
