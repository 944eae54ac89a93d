import { debug } from '../debug.js';
import { errorAnswer } from '../error-answers.js';
import { textOf } from '../errors.js';
import { innerOf } from '../interceptor/facade.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';

/** Not every version of the SDK has it, and no transport but the one over Streamable HTTP. */
interface ClosesStreams {
  closeSSEStream?(id: RequestId): void;
}

/** Ends the stream of a request that the client took back, without an answer: no response may follow. */
export async function endSilently(transport: TransportLike & ClosesStreams, id: RequestId): Promise<void> {
  if (transport.closeSSEStream === undefined) return;
  transport.closeSSEStream(id);
  // Nothing is written to a stream that is closed: the transport forgets the request by it. The wrapper does not hear of
  // it, because the server has not answered, and may still be asking on behalf of the request.
  await innerOf(transport)
    .send(errorAnswer(id, 'The client took this request back'))
    .catch((error: unknown) => {
      debug.proxy('the stream of %o has ended: %s', id, textOf(error));
    });
}
