import { endsWithin } from '../ends-within.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';

/** How long a backend may take to hear that its session is over. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A transport to a backend: what some have and others have not. */
export interface ClientTransport extends TransportLike {
  /** Over HTTP, once the backend has given the session a name. */
  readonly sessionId?: string | undefined;
  /** Whether it answers each request that was lost: nobody else has to see to it then. */
  readonly settlesRequests?: boolean;
  /** Whether it begins a new session where the backend has lost one: then nothing is lost but what it has told. */
  readonly renewsSessions?: boolean;
  setProtocolVersion?(version: string): void;
  terminateSession?(): Promise<void>;
  /** Is told of a request whose stream the backend has closed before its answer. */
  onpoll?: ((id: RequestId) => void) | undefined;
}

/** Tells the backend that the session is over, and closes the connection. @param isLost nobody is there who could be told */
export async function closeTransport(transport: ClientTransport, isLost = false): Promise<void> {
  if (transport.terminateSession !== undefined && !isLost) {
    await endsWithin(CLOSE_TIMEOUT_MS, transport.terminateSession());
  }
  await transport.close();
}
