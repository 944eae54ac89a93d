import type { RequestId, RequestMessage } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import type { BackendEnd } from '../backend-ended.js';
import type { MakeTransport } from './backend.js';
import type { Carry } from './carry.js';
import type { QuestionsOptions } from './questions.js';
import type { SessionEvents } from './session-events.js';
import type { StartKeeper } from './starts.js';

/** The parts and callbacks of a relay. */
export interface RelayOptions extends QuestionsOptions {
  readonly client: Pick<TransportLike, 'send'> & { setProtocolVersion?(version: string): void };
  readonly makeTransport: MakeTransport;
  /** Keeps starts that other sessions left behind. @default none */
  readonly starts?: StartKeeper | undefined;
  /** Forward one call at a time. */
  readonly serialize: boolean;
  /** Maximum number of requests that the backend has or that wait for it. */
  readonly maxInFlight: number;
  /** Called when the backend is connected. @param pid of its process, if it has one */
  readonly onStart: (pid: number | undefined) => void;
  /** Called when a cancelled request stays unanswered. @param hasOwnStream it was the only request in its POST */
  readonly onUnanswered: (id: RequestId, hasOwnStream: boolean) => void;
  /** Called when the client has told the backend that it is initialized. @default none */
  readonly onInitialized?: ((initialize: RequestMessage, result: unknown) => void) | undefined;
  /** Called when the backend refused to initialize, so nothing more can be relayed. */
  readonly onRefused: (reason: string) => void;
  /**
   * Called when the backend is gone, perhaps more than once.
   *
   * @param isNews the transport has not reported why
   * @param how its process ended, if that ended by itself
   */
  readonly onLost: (reason: string, isNews: boolean, how: BackendEnd | undefined) => void;
  /** Called when the backend closed the stream of a call, so that the client polls for the answer. */
  readonly onPolled: (id: RequestId) => void;
  readonly report: (error: Error) => void;
  readonly events: SessionEvents;
  /** Adds to messages that are passed on. */
  readonly carry: Carry;
}
