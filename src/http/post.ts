import type { StreamRequests } from '../event-store.js';
import type { RequestId } from '../routing/message.js';
import { Connection } from '../streams/connection.js';
import type { EventStream } from './event-stream.js';
import type { Visit } from './visit.js';

/**
 * A POST that carries requests, until all of them are answered. It outlives its connection: with an event store, the
 * client can come back for what it has missed.
 */
export class Post extends Connection implements StreamRequests {
  /** What is written for its requests goes here. `undefined`: the client is away, or they are answered in JSON. */
  stream: EventStream | undefined;
  /** The stream by which the client came back the last time. */
  resumedBy: EventStream | undefined;
  /** How much of a JSON body is there, and waits for the rest. */
  heldBytes = 0;
  /** The answers, as far as they are there. Those that were written are empty. */
  // Two lists, and no map: nearly all posts carry one request, and no batch is long.
  readonly #ids: RequestId[] = [];
  readonly #texts: (string | undefined)[] = [];
  #owed = 0;

  constructor(
    /** Its name in the event store. `undefined`: there is none. */
    readonly streamId: string | undefined,
    /** Takes all answers as one JSON body. `undefined`: they go on an event stream. */
    readonly json: Visit | undefined,
  ) {
    super();
  }

  /** Nothing more will be written for it. */
  get isComplete(): boolean {
    return this.#owed <= 0;
  }

  get ids(): readonly RequestId[] {
    return this.#ids;
  }

  get owed(): Iterable<RequestId> {
    return this.#ids.filter((_, at) => this.#texts[at] === undefined);
  }

  /** A request that it carries is to be answered. */
  owes(id: RequestId): void {
    const at = this.#ids.indexOf(id);
    if (at === -1) this.#owed += 1;
    this.#put(at, id, undefined);
  }

  /** @returns whether that was the last answer that it owed */
  answered(id: RequestId, text: string): boolean {
    const at = this.#settle(id);
    this.#put(at, id, text);
    return this.isComplete;
  }

  /** Another POST has brought a request with the same id, which takes over. @returns whether nothing more is owed */
  forfeits(id: RequestId): boolean {
    const at = this.#settle(id);
    if (at !== -1) {
      this.#ids.splice(at, 1);
      this.#texts.splice(at, 1);
    }
    return this.isComplete;
  }

  /** The client is gone: nobody reads the answers that are there. */
  dropAnswers(): void {
    for (const [at, text] of this.#texts.entries()) if (text !== undefined) this.#texts[at] = '';
    this.heldBytes = 0;
  }

  /** @returns its place among the answers, or -1 */
  #settle(id: RequestId): number {
    const at = this.#ids.indexOf(id);
    const older = this.#texts[at];
    if (older === undefined) this.#owed -= 1;
    else this.heldBytes = Math.max(0, this.heldBytes - older.length);
    return at;
  }

  #put(at: number, id: RequestId, text: string | undefined): void {
    const place = at === -1 ? this.#ids.push(id) - 1 : at;
    this.#texts[place] = text;
  }

  /** All answers, as one body. They wait for nothing any more. */
  takeBody(): string {
    this.heldBytes = 0;
    const texts = this.#texts;
    return texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`;
  }
}
