import type { SessionEnded } from '../proxy-events.js';
import { sessionAttributesOf, type Kind, type Network } from './attributes.js';
import { recordSession } from './operation-metrics.js';
import { Stopwatch } from './stopwatch.js';

/** How long a session was, on its two sides. */
export class SessionDurations {
  #backend: Stopwatch | undefined;

  constructor(private readonly networks: { readonly client: Network; readonly backend: Network }) {}

  backendStarted(): void {
    this.#backend = new Stopwatch();
  }

  /** @param version that both sides agreed on */
  backendEnded(by: SessionEnded['by'], version: string | undefined): void {
    if (this.#backend !== undefined) this.ended('client', this.#backend.seconds, by, version);
  }

  /** @param kind the side that measured it */
  ended(kind: Kind, seconds: number, by: SessionEnded['by'], version: string | undefined): void {
    const error = by === 'backend' ? 'backend_ended' : by === 'refused' ? 'refused' : undefined;
    const network = kind === 'server' ? this.networks.client : this.networks.backend;
    const attributes = sessionAttributesOf(kind, version, network);
    recordSession(kind, seconds, error === undefined ? attributes : { ...attributes, 'error.type': error });
  }
}
