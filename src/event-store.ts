import type { RequestId } from './routing/message.js';

/** The requests whose answers leave on a stream. */
export interface StreamRequests {
  readonly ids: Iterable<RequestId>;
  /** Those that are not answered yet. */
  readonly owed: Iterable<RequestId>;
}

/**
 * Keeps what was written on event streams, so that a client which lost a stream can come back for it. Its shape is that
 * of the SDK's `EventStore`. A store that also keeps `text`, the message as it was written, and gives it back, saves
 * writing the message once more, and numbers that JavaScript cannot hold.
 */
export interface EventStore {
  /**
   * @param requests the requests of the stream, as they are now; `undefined`: it is the standalone stream
   * @returns the id of the event
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- messages have different types in SDK 1.x and 2.x
  storeEvent(streamId: string, message: any, text?: string, requests?: StreamRequests): Promise<string>;
  getStreamIdForEventId?(eventId: string): Promise<string | undefined>;
  replayEventsAfter(
    lastEventId: string,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
    to: { send: (eventId: string, message: any, text?: string) => Promise<void> },
  ): Promise<string>;
}
