/** The event store of the transport inside, which takes its time when the client comes back to a stream. */
import type { FakeResponse } from '../../support/http-fakes.js';
import type { Stream } from './records.js';
import type { VirtualClock } from './virtual-clock.js';

/** After that the wrapper waits no longer for what is read. */
const MAX_READING_MS = 10_000;

/** A GET by which the client comes back, until the event store has answered. */
export interface Reading {
  readonly resumes: Stream;
  /** The stream of a POST that it resumes, and not the standalone stream. */
  readonly post: Stream | undefined;
  readonly response: FakeResponse;
  readonly since: number;
  /** The wrapper cannot know which stream that is. */
  readonly isOfUnknownEvent: boolean;
  /** Lets `handleRequest` return. */
  readonly handled: () => void;
  /** The transport has closed since. */
  isOfClosedLife: boolean;
}

/**
 * What is read is what was stored when the GET came in. What is stored afterwards, and before the transport knows the
 * stream, is neither replayed nor written to the connection: the client does not see it.
 */
export class EventStore {
  /** Under way, also for those who have gone. */
  readings: Reading[] = [];
  /** Over, but who has waited for them may not have heard of it. */
  #over: Reading[] = [];
  #lastOver = -1;
  /** When it was first read for each stream, in this life. */
  readonly #since = new Map<Stream | undefined, number>();

  /** @param hasSeveralSessions nobody is to be held up by the client of another session */
  constructor(
    private readonly clock: VirtualClock,
    private readonly hasSeveralSessions: boolean,
  ) {}

  begins(reading: Reading): void {
    this.readings.push(reading);
    if (!this.#since.has(reading.post)) this.#since.set(reading.post, reading.since);
  }

  /** The client, or what the wrapper has waited for, is gone: nobody waits for it any more. */
  over(reading: Reading): void {
    this.#over.push(reading);
    this.#lastOver = this.clock.now;
  }

  answers(reading: Reading): void {
    this.readings = this.readings.filter((one) => one !== reading);
    this.over(reading);
  }

  /** Everybody has heard of what is over. */
  settled(): void {
    this.#over = [];
  }

  /** The transport has closed. What it has begun to read it reads to the end. */
  close(): void {
    for (const reading of this.readings) reading.isOfClosedLife = true;
    this.#since.clear();
  }

  /**
   * What is written on this stream now falls into the gap: the client does not see it. Of one that has come back for so
   * long, and perhaps again and again, that is its own fault.
   */
  isReadFor(post: Stream | undefined): boolean {
    const isNew = this.clock.now - (this.#since.get(post) ?? 0) < MAX_READING_MS;
    return isNew && this.#awaited.some((reading) => reading.post === post && this.#mayHold(reading));
  }

  /**
   * What is sent on this stream now may have to wait, at least for those that have.
   *
   * @param isLeft the client may be coming back to it, as far as can be known from outside
   */
  mayHoldUp(post: Stream | undefined, isLeft: boolean): boolean {
    const isOf = (reading: Reading): boolean => reading.post === post || reading.isOfUnknownEvent;
    const isDue = this.#awaited.some(
      (reading) => this.#mayHold(reading) && isOf(reading) && (reading.post === post || isLeft),
    );
    return isDue || this.#over.some((reading) => this.#mayHold(reading) && isOf(reading));
  }

  #mayHold({ post, isOfUnknownEvent }: Reading): boolean {
    return !this.hasSeveralSessions || (post !== undefined && !isOfUnknownEvent);
  }

  get isRead(): boolean {
    return this.#awaited.length > 0;
  }

  hasBeenReadSince(time: number): boolean {
    return this.isRead || this.#lastOver >= time || this.readings.some(({ since }) => since + MAX_READING_MS >= time);
  }

  get #awaited(): readonly Reading[] {
    return this.readings.filter(({ response, since, isOfClosedLife }) => {
      return !response.closed && !isOfClosedLife && this.clock.now - since < MAX_READING_MS;
    });
  }
}
