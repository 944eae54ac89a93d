import type { BackendSession } from '../cluster/adoptable.js';
import { asError } from '../errors.js';
import { endsWithin } from '../ends-within.js';
import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import type { AdoptedSession } from './options.js';

/** How long the request that ends the backend's session may take. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Client headers that are passed on to the backend. */
export type PassedHeaders = Readonly<Record<string, string>>;

export interface SendOptions {
  readonly headers: PassedHeaders;
}

/** A transport to a backend, with members that only some transports have. */
export interface ClientTransport extends TransportLike {
  /** Of the process at the other end. */
  readonly pid?: number | null | undefined;
  /** Set over HTTP once the backend has assigned one. */
  readonly sessionId?: string | undefined;
  /** How another connection can go on with its session. `undefined`: it cannot. */
  readonly adoptable?: BackendSession | undefined;
  /** Opens the standalone stream of a session that has begun elsewhere. @param lastEventId empty: there is none */
  resumeStream?(lastEventId: string): Promise<void>;
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

/** A transport does not go on with the session for which it was made. */
export class NotAdopted extends Error {}

/** How long the standalone stream of an adopted session may take to open. Some servers wait for a message for it. */
const RESUME_TIMEOUT_MS = 500;

/**
 * How another connection can go on with the session of this transport. The SDK's transport takes the id of a session, but
 * does not tell the last event.
 */
export function adoptableOf(transport: ClientTransport | undefined): BackendSession | undefined {
  if (transport?.resumeStream === undefined) return undefined;
  if ('adoptable' in transport) return transport.adoptable;
  return typeof transport.sessionId === 'string' ? { sessionId: transport.sessionId } : undefined;
}

/**
 * Goes on with a session that has begun elsewhere.
 *
 * @throws NotAdopted the transport was made for another session, or for a new one
 */
export async function attach(
  transport: ClientTransport,
  { sessionId, lastEventId, protocolVersion }: AdoptedSession,
  report: (error: Error) => void,
): Promise<void> {
  if (adoptableOf(transport)?.sessionId !== sessionId)
    throw new NotAdopted(
      'the transport does not go on with the session of the backend: the option upstream ignores `adopted`',
    );
  transport.setProtocolVersion?.(protocolVersion);
  await transport.start();
  const opened = Promise.resolve(transport.resumeStream?.(lastEventId ?? '')).catch((error: unknown) => {
    report(asError(error));
  });
  await endsWithin(RESUME_TIMEOUT_MS, opened);
}
