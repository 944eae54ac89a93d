import type { AnswerWriter } from './answer-writer.js';
import type { Fields } from './meta.js';
import type { ModernCall } from './envelope.js';
import type { InnerTransport } from './inner-transport.js';
import type { NotSuspended } from './suspended-calls.js';

/** The POST that brings a call, or brings it again. */
export interface Post {
  /** What is known of the HTTP request, for the handlers of the session. */
  readonly requestInfo?: object;
  /**
   * Calls `work`, which sends what the POST has brought to the backend.
   *
   * @param refused called once the backend has refused that, or has not taken it, and the POST has been answered so
   */
  run<T>(work: () => T, refused?: () => void): T;
}

/** A call is suspended, and its client comes back with this `requestState`. Or it is not, and nothing has changed. */
export type Suspending = { readonly state: 'suspended'; readonly requestState: string } | NotSuspended;

/** A call that waits for its client to come back. */
export interface Suspended {
  /** As the backend knows it. */
  readonly id: number;
  comeBack(call: ModernCall, writer: AnswerWriter, post: Post): void;
  /** The client did not come back in time. */
  expired(): void;
}

/** The session in which a call runs. The call has it for itself, unless sessions are shared. */
export interface Host {
  readonly transport: InnerTransport;
  readonly serverInfo: Fields | undefined;
  /** @param requests what the client has to answer */
  suspend(waiting: Suspended, call: ModernCall, requests: readonly { readonly method: string }[]): Suspending;
  /** The client is told of these tools. @param result of `tools/list` */
  listed(result: Fields): void;
  /** The call is over. @param outcome `'unanswered'`: the backend may still work on it */
  ended(outcome: 'answered' | 'unanswered'): void;
}
