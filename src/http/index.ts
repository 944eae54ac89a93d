/** Our own Streamable HTTP transport for servers: a drop-in for the SDK's. */
export {
  StreamableHTTPServerTransport,
  StreamableHTTPServerTransport as NodeStreamableHTTPServerTransport,
} from './transport.js';
export type { OtherAnswer, PendingAnswer } from './pending-answer.js';
export type { ScopeChallenge, ScopeChallengeResolver } from './scope-challenge.js';
export type { EventStore, StreamRequests } from '../event-store.js';
export type { StreamableHTTPServerTransportOptions } from './options.js';
