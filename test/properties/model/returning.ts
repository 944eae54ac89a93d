/** The client comes back to a stream, and the event store, which takes its time, has answered or not. */
import type { Connections } from './connections.js';
import type { Reading } from './event-store.js';
import { writeHead } from './heads.js';

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
