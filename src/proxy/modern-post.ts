/** POSTs of clients of the revision without sessions: what is one, and what it says. */
import { acceptedIn } from '../accept.js';
import { isJson } from '../http/request-checks.js';
import { withStandIns } from '../long-ids.js';
import { MODERN_VERSION } from '../modern-era.js';
import { isModern } from '../modern/envelope.js';
import { keepText } from '../original-text.js';
import { isRecord } from '../routing/message.js';
import type { Incoming } from './guard.js';
import { ONLY_POST, type Answer } from './own-answers.js';

/** A body as it came: its text, or what a framework has made of it. */
export type PostedBody = { readonly text: string } | { readonly parsed: unknown };

/** A POST of a modern client. */
export interface ModernPost {
  readonly incoming: Incoming;
  /** `undefined`: it cannot be parsed. */
  readonly message: unknown;
  readonly text: string | undefined;
}

/** Whether a stream of events may be the answer. */
export function acceptsStream({ headers }: Incoming): boolean {
  return acceptedIn(headers.get('accept') ?? undefined).stream;
}

/** Whether a request may be a modern one. Its body decides. */
export function mayBeModern({ method, headers }: Incoming): boolean {
  if (method !== 'POST' || headers.has('mcp-session-id')) return false;
  const { json, stream } = acceptedIn(headers.get('accept') ?? undefined);
  // Whoever sends no JSON, or accepts none, is refused by the transport for sessions.
  return isJson(headers.get('content-type') ?? undefined) && (json || stream);
}

/** Answers what this era has not: streams that clients open, and sessions that they end. */
export function modernRefusalOf({ method, headers }: Incoming): Answer | undefined {
  const isOfSession = headers.has('mcp-session-id') || method === 'POST';
  return !isOfSession && isModern(undefined, headers) ? ONLY_POST : undefined;
}

/** Reads a request that was let in. @returns `undefined` if it is of the other era */
export function readModern(incoming: Incoming, body: PostedBody): ModernPost | undefined {
  const text = 'text' in body ? body.text : undefined;
  const message = 'text' in body ? messageIn(body.text) : body.parsed;
  const isOurs = isModern(message, incoming.headers) && !opensSession(message, incoming);
  return isOurs ? { incoming, message, text } : undefined;
}

/** The `requestState` of a retry, which names the call that it repeats. */
export function requestStateIn(message: unknown): string | undefined {
  const { params } = Object(message) as { readonly params?: unknown };
  const { requestState } = Object(params) as { readonly requestState?: unknown };
  return typeof requestState === 'string' ? requestState : undefined;
}

/** Later revisions may have sessions again: only this one is known to have none. */
function opensSession(message: unknown, { headers }: Incoming): boolean {
  const { method } = Object(message) as { readonly method?: unknown };
  return method === 'initialize' && headers.get('mcp-protocol-version') !== MODERN_VERSION && !isModern(message, NONE);
}

const NONE = { get: () => null };

function messageIn(text: string): unknown {
  try {
    const message = withStandIns(JSON.parse(text), text);
    if (isRecord(message)) keepText(message, text);
    return message;
  } catch {
    return undefined;
  }
}
