import type { RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import type { MakeTransport } from './backend.js';
import type { QuestionsOptions } from './questions.js';
import type { StartKeeper } from './starts.js';

/** What a relay is made of, and whom it tells. */
export interface RelayOptions extends QuestionsOptions {
  readonly client: Pick<TransportLike, 'send'>;
  readonly makeTransport: MakeTransport;
  /** Where a start is found that its client has left. @default nowhere */
  readonly starts?: StartKeeper | undefined;
  /** One call at a time. */
  readonly serialize: boolean;
  /** How many requests the backend may have, or wait for it, at once. */
  readonly maxInFlight: number;
  /** The backend is connected. */
  readonly onStart: () => void;
  /** Nobody answers a request that the client took back. @param hasOwnStream it came alone in its POST */
  readonly onUnanswered: (id: RequestId, hasOwnStream: boolean) => void;
  /** Nothing can be relayed any more: the backend will not have this client. */
  readonly onRefused: (reason: string) => void;
  /** It is gone; it may be told more than once. @param isNews its transport has not reported why */
  readonly onLost: (reason: string, isNews: boolean) => void;
  /** The client of this call is to poll for its answer, as the backend would have it. */
  readonly onPolled: (id: RequestId) => void;
  readonly report: (error: Error) => void;
}
