import { debug } from '../debug.js';
import { errorAnswer } from '../error-answers.js';
import { textOf } from '../errors.js';
import { innerOf } from '../interceptor/wrapped.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';

/** Only the Streamable HTTP transport has this method, and only in some versions of the SDK. */
interface ClosesStreams {
  closeSSEStream?(id: RequestId): void;
}

/** Ends the stream of a cancelled request without an answer, because no response may follow a cancellation. */
export async function endSilently(transport: TransportLike & ClosesStreams, id: RequestId): Promise<void> {
  if (transport.closeSSEStream === undefined) return;
  transport.closeSSEStream(id);
  // The stream is closed, so this answer is not written; it only makes the transport forget the request. It bypasses the
  // wrapper, because the server has not answered and may still send server requests for it.
  await innerOf(transport)
    .send(errorAnswer(id, 'The client took this request back'))
    .catch((error: unknown) => {
      debug.proxy('the stream of %o has ended: %s', id, textOf(error));
    });
}
