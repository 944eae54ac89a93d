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
  readonly #answers = new Map<RequestId, string | undefined>();
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

  get ids(): Iterable<RequestId> {
    return this.#answers.keys();
  }

  get owed(): Iterable<RequestId> {
    return [...this.#answers].flatMap(([id, answer]) => (answer === undefined ? [id] : []));
  }

  /** A request that it carries is to be answered. */
  owes(id: RequestId): void {
    if (!this.#answers.has(id)) this.#owed += 1;
    this.#answers.set(id, undefined);
  }

  /** @returns whether that was the last answer that it owed */
  answered(id: RequestId, text: string): boolean {
    this.#settle(id);
    this.#answers.set(id, text);
    return this.isComplete;
  }

  /** Another POST has brought a request with the same id, which takes over. @returns whether nothing more is owed */
  forfeits(id: RequestId): boolean {
    this.#settle(id);
    this.#answers.delete(id);
    return this.isComplete;
  }

  /** The client is gone: nobody reads the answers that are there. */
  dropAnswers(): void {
    for (const [id, text] of this.#answers) if (text !== undefined) this.#answers.set(id, '');
    this.heldBytes = 0;
  }

  #settle(id: RequestId): void {
    const older = this.#answers.get(id);
    if (older === undefined) this.#owed -= 1;
    else this.heldBytes = Math.max(0, this.heldBytes - older.length);
  }

  /** All answers, as one body. They wait for nothing any more. */
  takeBody(): string {
    this.heldBytes = 0;
    const texts = [...this.#answers.values()];
    return texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`;
  }
}
