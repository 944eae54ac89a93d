/** Opens the stream of a GET: the standalone stream, or one to which the client comes back. */
import { acceptedIn } from '../accept.js';
import type { EventStore } from '../event-store.js';
import type { Endpoint } from './endpoint.js';
import { EventStream } from './event-stream.js';
import { eventOf } from '../event-text.js';
import * as refusals from './refusals.js';
import { Replay } from './replay.js';
import { checkSession } from './request-checks.js';
import type { Visit } from './visit.js';

export async function openStream(endpoint: Endpoint, visit: Visit): Promise<void> {
  const { headers } = visit.request;
  const refusal = acceptedIn(headers.accept).stream ? checkSession(headers, endpoint) : refusals.NO_STREAM_ACCEPTED;
  if (refusal !== undefined) {
    endpoint.refuse(visit, refusal);
    return;
  }
  const { eventStore } = endpoint.settings;
  const lastEventId = headers['last-event-id'];
  if (eventStore !== undefined && typeof lastEventId === 'string' && lastEventId !== '') {
    await resume(endpoint, visit, eventStore, lastEventId);
  } else if (!visit.isOver) {
    endpoint.streams.openStandalone(visit).start();
    endpoint.streams.listener?.streamOpened();
  }
}

async function resume(endpoint: Endpoint, visit: Visit, store: EventStore, lastEventId: string): Promise<void> {
  const replay = new Replay();
  endpoint.replays.add(replay);
  try {
    if (store.getStreamIdForEventId !== undefined && !(await store.getStreamIdForEventId(lastEventId))) {
      endpoint.refuse(visit, refusals.UNKNOWN_EVENT);
      return;
    }
    const streamId = await store.replayEventsAfter(lastEventId, {
      send: async (eventId, message, text) => {
        replay.gave(eventId, eventOf(text ?? JSON.stringify(message), eventId));
        return Promise.resolve();
      },
    });
    if (endpoint.isClosed) endpoint.refuse(visit, refusals.CLOSED);
    else if (!visit.isOver) goOn(endpoint, visit, streamId, replay);
  } catch (thrown) {
    endpoint.refuse(visit, refusals.replayFailed(thrown));
  } finally {
    endpoint.replays.delete(replay);
  }
}

/** The client gets what it has missed, and what is written from now on. */
function goOn({ streams }: Endpoint, visit: Visit, streamId: string, replay: Replay): void {
  const missed = replay.textOf(streamId);
  const stream = streams.resumed(streamId, visit, replay.given);
  if (stream === undefined) {
    // All that was written to it is in the store, and nothing more will come.
    new EventStream(visit, undefined, streams, undefined).end(missed);
    return;
  }
  if (missed !== '') stream.write(missed);
  stream.start();
  streams.listener?.streamOpened();
}
