/** Reads what a client has posted. */
import type { IncomingMessage } from 'node:http';
import { withoutNulls } from '../null-for-absent.js';
import { messagesIn } from '../json-messages.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { answersIn, answersInText, type PostedAnswers } from '../streams/posted-answers.js';
import { acceptedIn, type Accepted } from '../accept.js';
import { readBody } from './body.js';
import { isMessage } from './messages.js';
import type { HttpSettings } from './options.js';
import * as refusals from './refusals.js';
import { answersInRest } from './rest-of-body.js';
import { isJson } from './request-checks.js';
import type { Visit } from './visit.js';

/** What was posted. */
export interface Posted {
  readonly messages: readonly JsonRpcMessage[];
  /** The text of each message, as it was read. */
  readonly texts: readonly (string | undefined)[];
  readonly accepted: Accepted;
}

/** A POST whose messages do not come in. */
export interface Refused {
  readonly refusal: refusals.Refusal;
  /** What it brought: it may have been the answer to a server request. */
  readonly brought: () => PostedAnswers;
}

export async function read({ request }: Visit, parsedBody: unknown, settings: HttpSettings): Promise<Posted | Refused> {
  const accepted = acceptedIn(request.headers.accept);
  const refusal = refusalOf(request, accepted);
  if (refusal !== undefined) {
    return { refusal, brought: () => (parsedBody === undefined ? answersInRest(request) : answersIn(parsedBody)) };
  }
  if (parsedBody !== undefined) return postedIn(parsedBody, undefined, accepted);
  const { maxRequestBodySize: maxBytes, tooLarge = refusals.tooLarge } = settings;
  const body = await readBody(request, maxBytes);
  if (body.kind !== 'text') {
    const { kind, brought } = body;
    return { refusal: kind === 'too large' ? tooLarge(maxBytes) : refusals.INVALID_JSON, brought };
  }
  const { text } = body;
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    return { refusal: refusals.INVALID_JSON, brought: () => answersInText(text) };
  }
  return postedIn(value, text, accepted);
}

function refusalOf({ headers, rawHeaders }: IncomingMessage, accepted: Accepted): refusals.Refusal | undefined {
  if (!accepted.json && !accepted.stream) return refusals.NOTHING_ACCEPTED;
  return isJson(headers['content-type']) && !hasSecondType(rawHeaders) ? undefined : refusals.NO_JSON;
}

/** Whether there is more than one `Content-Type`. Node shows only the first: another reader may go by the other. */
function hasSecondType(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) count += 1;
  }
  return count > 1;
}

const CONTENT_TYPE = 'content-type';

function postedIn(value: unknown, text: string | undefined, accepted: Accepted): Posted | Refused {
  const brought = (): PostedAnswers => (text === undefined ? answersIn(value) : answersInText(text));
  if (Array.isArray(value) && refusals.isTooLongBatch(value)) return { refusal: refusals.BATCH_TOO_LONG, brought };
  const all = messagesIn(value, text);
  const messages = all.map(({ message }) => messageIn(message));
  if (!areAll(messages)) return { refusal: refusals.INVALID_MESSAGE, brought };
  const texts = all.map(({ message, text: own }, at) => (messages[at] === message ? own : undefined));
  return { messages, texts, accepted };
}

function areAll(messages: readonly (JsonRpcMessage | undefined)[]): messages is readonly JsonRpcMessage[] {
  return !messages.includes(undefined);
}

/** A message. Many languages write `null` for a member that is absent: in `initialize`, where receivers reject it, too. */
function messageIn(value: unknown): JsonRpcMessage | undefined {
  if (isMessage(value) && value.method !== 'initialize') return value;
  const clean = withoutNulls(value);
  return isMessage(clean) ? clean : undefined;
}
