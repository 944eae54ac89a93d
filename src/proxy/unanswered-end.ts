import { debug } from '../debug.js';
import { errorAnswer } from '../error-answers.js';
import { textOf } from '../errors.js';
import { innerOf } from '../interceptor/wrapped.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import type { ProxySettings } from './settings.js';

/** Only the Streamable HTTP transport has this method, and only in some versions of the SDK. */
interface ClosesStreams {
  closeSSEStream?(id: RequestId): void;
}

/**
 * Ends the HTTP answer to a request that the client has cancelled and the backend leaves unanswered. An event stream just
 * ends, because no response may follow a cancellation. A JSON answer is a response and has no other end, so it is an
 * error. In a batch, all other answers wait for it.
 *
 * @param hasOwnStream its POST carried no other request
 */
export async function endUnanswered(
  transport: TransportLike & ClosesStreams,
  id: RequestId,
  { enableJsonResponse, eventStore }: Pick<ProxySettings, 'enableJsonResponse' | 'eventStore'>,
  hasOwnStream: boolean,
): Promise<void> {
  if (!enableJsonResponse) {
    // With an event store, the client would reconnect to get the missing answer.
    if (!hasOwnStream || eventStore !== undefined || transport.closeSSEStream === undefined) return;
    transport.closeSSEStream(id);
  }
  // On a stream, which is closed, this is not written; it only makes the transport forget the request. It bypasses the
  // wrapper, because the server has not answered and may still send server requests for it.
  await innerOf(transport)
    .send(errorAnswer(id, 'The client took this request back'))
    .catch((error: unknown) => {
      debug.proxy('the stream of %o has ended: %s', id, textOf(error));
    });
}
