/**
 * What happens in a proxy, as `events$` tells it. The trace, the metrics, the spans and the live page are made of these
 * events and of nothing else.
 */
import type { Evidence } from './routing/route.js';
import type { JsonRpcMessage, RequestId } from './routing/message.js';

/** What all events have. */
interface Happened {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The full session id, which must not be shown: see {@link shownSession}. Some events have none. */
  readonly session: string | undefined;
  /** The name that the client gave of itself, if it did. Unset on questions to modern clients. */
  readonly client: string | undefined;
}

/** A request of the client, or of the backend. */
interface OfRequest {
  readonly id: RequestId;
  readonly method: string;
  /** The tool, the prompt or the resource that the request names. */
  readonly target: string | undefined;
}

export interface SessionOpened extends Happened {
  readonly kind: 'session-opened';
  /** Of the era without sessions: it serves calls of clients that know nothing of it. */
  readonly isOfModern: boolean;
}

export interface SessionEnded extends Happened {
  readonly kind: 'session-ended';
  /** For people. */
  readonly reason: string;
  readonly by: SessionEnd;
  readonly durationMs: number;
}

export type SessionEnd =
  /** the client ended it */
  | 'client'
  /** the client was away for too long, or never initialized it */
  | 'idle'
  /** the backend is gone */
  | 'backend'
  /** the backend refused to initialize it */
  | 'refused'
  /** the proxy is shutting down */
  | 'shutdown'
  /** it goes on at another node, or cannot go on at this one */
  | 'moved';

export interface BackendStarted extends Happened {
  readonly kind: 'backend-started';
  readonly pid: number | undefined;
}

export interface BackendEnded extends Happened {
  readonly kind: 'backend-ended';
  /** For people, such as `the backend has closed the connection (ended with code 1)`, or why its session is over. */
  readonly reason: string;
  /** `backend`: it ended by itself, or broke off. `session`: its session is over. */
  readonly by: 'backend' | 'session';
  /** Of a process that ended by itself. */
  readonly exitCode: number | undefined;
  /** The signal that ended the process, unless this proxy sent it, such as `SIGKILL`. */
  readonly signal: string | undefined;
}

/** The client called. */
export interface Called extends Happened, OfRequest {
  readonly kind: 'call';
  /** Do not modify it. */
  readonly message: JsonRpcMessage;
  /** Of the HTTP request that brought it. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Calls of this session are forwarded one at a time. */
  readonly isSerialized?: boolean;
  /** Where that came from, if it came straight from there, and by `node:http`. */
  readonly peer?: Peer | undefined;
}

/** The other end of a connection. */
export interface Peer {
  readonly address: string;
  readonly port: number | undefined;
}

/** The call has an answer, or will get none. */
export interface CallEnded extends Happened, OfRequest {
  readonly kind: 'call-ended';
  readonly durationMs: number;
  readonly outcome: CallOutcome;
  /** Of outcome `error`: the JSON-RPC code. */
  readonly code: number | undefined;
  /** Why there is no result, for people. */
  readonly error: string | undefined;
  /** The answer, if there is one. Do not modify it. */
  readonly message: JsonRpcMessage | undefined;
}

export type CallOutcome =
  /** the backend answered with a result */
  | 'result'
  /** the backend answered with a result that says that the tool failed */
  | 'tool-error'
  /** the backend answered with an error */
  | 'error'
  /** this proxy took no more calls, or not this one */
  | 'refused'
  /** the backend did not take it, or took it and lost the answer */
  | 'undelivered'
  /** the client cancelled it, and the backend sent nothing more */
  | 'cancelled'
  /** the session ended before there was an answer */
  | 'session-ended';

/** The client cancelled a call. An answer may still come. Emitted once per call, and only while the call has no answer. */
export interface CallCancelled extends Happened, OfRequest {
  readonly kind: 'call-cancelled';
  readonly reason: string | undefined;
}

/** The backend reported progress. */
export interface Progressed extends Happened {
  readonly kind: 'progress';
  /** The call, if the token is one of a call in flight. */
  readonly call: RequestId | undefined;
  readonly progress: number | undefined;
  readonly total: number | undefined;
}

/** The backend asked the client something. */
export interface Asked extends Happened, OfRequest {
  readonly kind: 'question';
  /** Do not modify it. */
  readonly message: JsonRpcMessage;
}

/** A server-initiated message was routed, parked or refused. */
export interface Routed extends Happened {
  readonly kind: 'route';
  /** Of a question. A notification has none. */
  readonly id: RequestId | undefined;
  readonly method: string;
  /** The call on whose stream the message left. */
  readonly call: RequestId | undefined;
  readonly to: 'request' | 'standalone' | 'unchanged' | 'nowhere';
  readonly evidence: Evidence | undefined;
  readonly outcome: 'delivered' | 'parked' | 'refused' | 'superseded' | 'failed' | 'orphaned';
  /** The code of the refusal, such as `AMBIGUOUS`, or what the transport said. */
  readonly error: string | undefined;
  readonly waitedMs: number;
}

/** A question has an answer, or will get none. */
export interface Answered extends Happened, OfRequest {
  readonly kind: 'answer';
  /** `proxy`: nobody could be asked, or the answer was lost. `backend`: it took the question back. */
  readonly by: 'client' | 'proxy' | 'backend';
  /** `accept`, `decline` and `cancel` are answers to an elicitation, `result` to anything else. */
  readonly outcome: 'result' | 'accept' | 'decline' | 'cancel' | 'error' | 'taken-back';
  readonly error: string | undefined;
  readonly durationMs: number;
  /** Do not modify it. */
  readonly message: JsonRpcMessage | undefined;
}

/** A call of a client without sessions waits for its client to repeat it with answers. */
export interface Suspended extends Happened, Pick<OfRequest, 'id' | 'method'> {
  readonly kind: 'suspended';
  /** Of the call, as its client has named it last. `id` is that of the backend. */
  readonly clientId: RequestId;
  /** The first is 1. */
  readonly round: number;
  /** The methods of the backend's questions. */
  readonly inputs: readonly string[];
}

/** The client repeated its call, or the call waits no more. */
export interface Resumed extends Happened, Pick<OfRequest, 'id' | 'method'> {
  readonly kind: 'resumed';
  readonly clientId: RequestId;
  readonly round: number;
  readonly outcome: 'came-back' | 'expired' | 'refused';
  readonly waitedMs: number;
}

/** In a cluster, a request was passed on to the node that has its session. */
export interface Forwarded extends Happened {
  readonly kind: 'forwarded';
  /** The name of the other node. */
  readonly toNode: string;
  /** Of HTTP. */
  readonly method: string;
  readonly outcome: 'passed' | 'gone' | 'busy';
  /** Until the other node began to answer. */
  readonly durationMs: number;
  /** Of the HTTP request. This and `message` are read when you ask for them, and are no part of a copy of the event. */
  readonly headers: Called['headers'];
  /** What was posted, unless it is a batch. */
  readonly message: JsonRpcMessage | undefined;
}

/** A call has waited long for its answer. Emitted after 30 s, and again each time the call has waited twice as long. */
export interface Waiting extends Happened, OfRequest {
  readonly kind: 'waiting';
  readonly forMs: number;
  readonly on: WaitsOn;
  /** What was asked, or could not be asked, on behalf of the call. Modern clients know no id. */
  readonly question: { readonly id: RequestId | undefined; readonly method: string } | undefined;
  /** Why the question was refused, if it was. */
  readonly refusal: string | undefined;
}

/** Whose turn it is. */
export type WaitsOn =
  /** the backend has not answered */
  | 'backend'
  /** the client has not answered a question */
  | 'client'
  /** a question cannot reach the client, which has no open stream */
  | 'stream'
  /** calls are forwarded one at a time, and an older one of the session is not answered */
  | 'turn';

export type ProxyEvent =
  | SessionOpened
  | SessionEnded
  | BackendStarted
  | BackendEnded
  | Called
  | CallEnded
  | CallCancelled
  | Progressed
  | Asked
  | Routed
  | Answered
  | Suspended
  | Resumed
  | Forwarded
  | Waiting;
