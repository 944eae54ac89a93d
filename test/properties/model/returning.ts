/** The client comes back to a stream, and the event store takes its time to be read for it. */
import { SSE, type FakeResponse } from '../../support/http-fakes.js';
import type { Connections } from './connections.js';
import type { Reading } from './event-store.js';
import type { Stream } from './records.js';

export type Headers = Readonly<Record<string, string>>;

/** An event of long ago: the transport knows on which stream it was, and nobody else does. */
const FORGOTTEN = 'forgotten';

export function headersFor(resumes: Stream | undefined, isForgotten: boolean): Headers {
  return resumes === undefined ? {} : { 'last-event-id': isForgotten ? FORGOTTEN : `${resumes.name}.0` };
}

/** The transport asks its event store. @returns when it has dealt with the GET */
export function storeIsRead(
  { side, store, postOf }: Connections,
  response: FakeResponse,
  resumes: Stream,
  headers: Headers,
): Promise<void> {
  const post = postOf(resumes);
  const since = side.world.clock.now;
  const isOfUnknownEvent = headers['last-event-id'] === FORGOTTEN;
  if (side.config.resumesWhenHandled) writeHead(response);
  return new Promise((handled) => {
    store.begins({ resumes, post, response, since, isOfUnknownEvent, handled, isOfClosedLife: false });
  });
}

/** It has answered: what it holds is replayed, and from now on the transport knows the stream. */
export function storeAnswers(connections: Connections, reading: Reading, isFound: boolean): void {
  const { resumes, post, response, isOfClosedLife } = reading;
  connections.store.answers(reading);
  if (response.closed || isOfClosedLife) {
    // Nobody has told it.
    writeHead(response);
    connections.prime(resumes, response);
  } else if (!isFound || post?.isConnected === true) {
    connections.refuse(response);
  } else {
    connections.answerGet(response, resumes);
  }
  reading.handled();
}

/** The client does not wait until it was read. */
export function leave(connections: Connections, reading: Reading): void {
  if (reading.response.closed) return;
  connections.store.over(reading);
  if (reading.isOfClosedLife) reading.response.disconnect();
  else connections.gone(reading.response);
}

/** Unless it is written already. */
export function writeHead(response: FakeResponse, status = 200): void {
  if (response.calls.length === 0) response.writeHead(status, ...(status === 200 ? [SSE] : []));
}
