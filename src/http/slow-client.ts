/** A client that does not read fills the memory of the server, whichever of its connections the bytes wait for. */
import { BackchannelError } from '../errors.js';
import { USUALLY_BUFFERED } from './waiting-bytes.js';
import type { Visit } from './visit.js';

/** Knows all connections of the client. */
interface Buffers {
  /** Whether more bytes wait for the client, on all its connections, than may. */
  readonly hasTooMuchBuffered: boolean;
}

/**
 * Is there room for this text? A short one fits on a connection for which nothing waits, so that the bytes that wait for
 * other connections do not matter to it.
 *
 * @throws BackchannelError `SLOW_CLIENT`: too much waits for the client already. The connection is closed
 */
export function checkBuffer({ response, carries }: Visit, text: string, client: Buffers): void {
  const waiting = response.writableLength + (carries?.heldBytes ?? 0);
  if (waiting + text.length <= USUALLY_BUFFERED || !client.hasTooMuchBuffered) return;
  response.destroy();
  carries?.lost();
  throw new BackchannelError(
    'SLOW_CLIENT',
    'the message was not sent: too many bytes wait for a client that does not read (maxBufferedBytes). Its stream was closed.',
  );
}
