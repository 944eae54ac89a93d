import { endsWithin } from '../ends-within.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';

/** How long the request that ends the backend's session may take. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Client headers that are passed on to the backend. */
export type PassedHeaders = Readonly<Record<string, string>>;

export interface SendOptions {
  readonly headers: PassedHeaders;
}

/** A transport to a backend, with members that only some transports have. */
export interface ClientTransport extends TransportLike {
  /** Set over HTTP once the backend has assigned one. */
  readonly sessionId?: string | undefined;
  /** The transport answers every lost request with an error, so nobody else has to. */
  readonly settlesRequests?: boolean;
  /** The transport opens a new session when the backend loses one. It reports everything that was lost. */
  readonly renewsSessions?: boolean;
  /** From now on, messages without headers of their own are sent with these client headers. */
  usePassed?(headers: PassedHeaders): void;
  setProtocolVersion?(version: string): void;
  terminateSession?(): Promise<void>;
  /** Called when the backend closes the stream of a request before it answers. */
  onpoll?: ((id: RequestId) => void) | undefined;
}

/** Tells the backend that the session is over, unless it `isLost` and cannot be told, and closes the connection. */
export async function closeTransport(transport: ClientTransport, isLost = false): Promise<void> {
  if (transport.terminateSession !== undefined && !isLost) {
    await endsWithin(CLOSE_TIMEOUT_MS, transport.terminateSession());
  }
  await transport.close();
}
