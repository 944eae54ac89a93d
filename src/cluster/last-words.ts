/** What a client is told whose session is on a node that is lost, or cannot be reached. */
import { acceptedIn } from '../accept.js';
import { errorAnswer } from '../error-answers.js';
import { SERVER_ERROR } from '../rpc-codes.js';
import { eventOf } from '../event-text.js';
import { jsonOf } from '../json-messages.js';
import type { RequestId } from '../routing/message.js';

/** A request that was passed on, and got no whole answer. */
export interface Lost {
  readonly method: string;
  /** The value of its header `accept`. */
  readonly accept: string | undefined;
  /** The JSON-RPC requests in it that are not answered. */
  readonly ids: readonly RequestId[];
  /** Why, as a sentence. */
  readonly reason: string;
}

/** An HTTP answer. */
export interface LastWords {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A request that was sent may have run: a client must not take it for one that can be repeated without harm. */
export function lostInFlight(node: string): string {
  return `The connection to node ${node}, which has this session, was lost before the answer. The request may have run.`;
}

/** It did not run, but the session may live: 404 would make the client give the session up. */
export function notReached(node: string): string {
  return `Node ${node}, which has this session, cannot be reached. The request did not run.`;
}

/** The whole answer to a request of which no answer has begun. */
export function lastWords(lost: Lost): LastWords {
  const { ids, accept, reason } = lost;
  if (ids.length === 0) return json(502, JSON.stringify({ jsonrpc: '2.0', error: errorOf(reason), id: null }));
  // A client that accepts both can read a stream.
  if (acceptedIn(accept).stream) {
    const headers = ['content-type', 'text/event-stream', 'cache-control', 'no-cache, no-transform'];
    return { status: 200, rawHeaders: headers, body: lastEvents(ids, reason) };
  }
  const answers = ids.map((id) => jsonOf(errorAnswer(id, reason)));
  return json(200, answers.length === 1 ? String(answers[0]) : `[${answers.join(',')}]`);
}

/** The events that end a stream which has begun. */
export function lastEvents(ids: readonly RequestId[], reason: string): string {
  return ids.map((id) => eventOf(jsonOf(errorAnswer(id, reason)))).join('');
}

function errorOf(message: string): { readonly code: number; readonly message: string } {
  return { code: SERVER_ERROR, message };
}

function json(status: number, body: string): LastWords {
  const length = String(Buffer.byteLength(body));
  return { status, rawHeaders: ['content-type', 'application/json', 'content-length', length], body };
}
