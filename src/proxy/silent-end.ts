import { debug } from '../debug.js';
import { errorAnswer } from '../error-answers.js';
import { textOf } from '../errors.js';
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
  // Nothing is written to a stream that is closed. The transport and the wrapper forget the request by it.
  await transport.send(errorAnswer(id, 'The client took this request back')).catch((error: unknown) => {
    debug.proxy('the stream of %o has ended: %s', id, textOf(error));
  });
}
