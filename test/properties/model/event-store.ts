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

  constructor(private readonly clock: VirtualClock) {}

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
  }

  /** What is written on this stream now falls into the gap: the client does not see it. */
  isReadFor(post: Stream | undefined): boolean {
    return this.#awaited.some((reading) => reading.post === post);
  }

  /**
   * What is sent on this stream now may have to wait, at least for those that have.
   *
   * @param isLeft the client may be coming back to it, as far as can be known from outside
   */
  mayHoldUp(post: Stream | undefined, isLeft: boolean): boolean {
    const isDue = this.#awaited.some((reading) => reading.post === post || (reading.isOfUnknownEvent && isLeft));
    return isDue || this.#over.some((reading) => reading.post === post || reading.isOfUnknownEvent);
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
