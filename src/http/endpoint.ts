import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { SentLongIds } from '../sent-long-ids.js';
import type { PostedAnswers } from '../streams/posted-answers.js';
import type { HttpSettings } from './options.js';
import type { Refusal } from './refusals.js';
import type { Replay } from './replay.js';
import type { ScopeChallengeResolver } from './scope-challenge.js';
import type { SessionState } from './request-checks.js';
import type { Streams } from './streams.js';
import type { Visit } from './visit.js';

/** The transport, as those that handle its HTTP requests see it. */
export interface Endpoint extends SessionState {
  readonly settings: HttpSettings;
  readonly streams: Streams;
  readonly isClosed: boolean;
  /** Of SDK 2.x servers: says whether a token may do what is requested. */
  readonly scopeChallengeResolver: ScopeChallengeResolver | undefined;
  /** The clients that are just coming back to a stream. */
  readonly replays: Set<Replay>;
  readonly sentLongIds: SentLongIds;
  /** Hands a message to the server. Throws what the server throws. */
  handOver(message: JsonRpcMessage, extra: unknown): void;
  /** Begins the session. @returns a promise if the session's owner wants to be awaited */
  initialize(): void | Promise<void>;
  closeSSEStream(id: RequestId): void;
  closeStandaloneSSEStream(): void;
  /** Tells `onerror`. */
  report(error: Error): void;
  /**
   * Answers the request with an error, and tells `onerror`.
   *
   * @param posted what the request brought, if it may have been an answer to a server request
   */
  refuse(visit: Visit, refusal: Refusal, posted?: () => PostedAnswers): void;
}
