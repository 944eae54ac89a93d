import { BriefMap } from './brief-map.js';
import { ById } from './by-id.js';
import { elicitationIdOf, type RequestId, type RequestMessage } from './message.js';

/** A server request that the client has not answered yet. */
export interface ExchangeOn<T> {
  readonly id: RequestId;
  readonly method: string;
  /** The client request on whose stream it was sent. `undefined`: it was sent on the standalone stream. */
  readonly entry: T | undefined;
  /** When it was sent, on the clock of the sender. */
  readonly since: number;
}

/** A client request on whose stream URL-mode elicitations may be sent. */
interface ElicitationBearer {
  readonly state: string;
  /** Those that were sent. */
  elicitationIds: string[] | undefined;
}

/** The server requests that are open, by id, and the elicitations that complete later. */
export class Exchanges<T extends ElicitationBearer> extends ById<ExchangeOn<T>> {
  // Most sessions never need it.
  #elicitations: BriefMap<string, T> | undefined;

  /** A server request was sent on the stream of `entry`, or on the standalone stream. */
  open(message: RequestMessage, entry: T | undefined, since: number): void {
    this.set({ id: message.id, method: message.method, entry, since });
    const elicitationId = elicitationIdOf(message);
    if (elicitationId !== undefined && entry?.state === 'in-flight') {
      (this.#elicitations ??= new BriefMap()).set(elicitationId, entry);
      (entry.elicitationIds ??= []).push(elicitationId);
    }
  }

  /** The client answered a server request, or its sender gave it up. */
  close(id: RequestId): ExchangeOn<T> | undefined {
    const exchange = this.get(id);
    this.delete(id);
    return exchange;
  }

  /** The request in flight on whose stream this URL-mode elicitation was sent. */
  elicitation(elicitationId: string): T | undefined {
    return this.#elicitations?.get(elicitationId);
  }

  /** A client request is over. A later one may have sent an elicitation with the same id. */
  forgetElicitations(entry: T): void {
    entry.elicitationIds?.forEach((elicitationId) => {
      if (this.#elicitations?.get(elicitationId) === entry) this.#elicitations.delete(elicitationId);
    });
  }
}
