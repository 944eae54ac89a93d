/** Reads what a client has posted. */
import { withoutNulls } from '../null-for-absent.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { answersIn, answersInText, watchNodeBody, type PostedAnswers } from '../streams/posted-answers.js';
import { acceptedIn, type Accepted } from './accept.js';
import { readBody } from './body.js';
import { isMessage } from './messages.js';
import * as refusals from './refusals.js';
import { isJson } from './request-checks.js';
import type { Visit } from './visit.js';

/** What was posted. */
export interface Posted {
  readonly messages: readonly JsonRpcMessage[];
  /** The text of the only message, as it was read. */
  readonly text: string | undefined;
  readonly accepted: Accepted;
}

/** A POST whose messages do not come in. */
export interface Refused {
  readonly refusal: refusals.Refusal;
  /** What it brought: it may have been the answer to a server request. */
  readonly brought: () => PostedAnswers;
}

export async function read({ request }: Visit, parsedBody: unknown, maxBytes: number): Promise<Posted | Refused> {
  const { headers } = request;
  const accepted = acceptedIn(headers.accept);
  const refusal = refusalOf(headers['content-type'], accepted);
  if (refusal !== undefined) {
    return { refusal, brought: () => (parsedBody === undefined ? watchNodeBody(request) : answersIn(parsedBody)) };
  }
  if (parsedBody !== undefined) return postedIn(parsedBody, undefined, accepted);
  const body = await readBody(request, maxBytes);
  if (body.kind !== 'text') {
    const { kind, brought } = body;
    return { refusal: kind === 'too large' ? refusals.tooLarge(maxBytes) : refusals.INVALID_JSON, brought };
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

function refusalOf(contentType: string | undefined, accepted: Accepted): refusals.Refusal | undefined {
  if (!accepted.json && !accepted.stream) return refusals.NOTHING_ACCEPTED;
  return isJson(contentType) ? undefined : refusals.NO_JSON;
}

function postedIn(value: unknown, text: string | undefined, accepted: Accepted): Posted | Refused {
  const brought = (): PostedAnswers => (text === undefined ? answersIn(value) : answersInText(text));
  const isBatch = Array.isArray(value);
  if (isBatch && refusals.isTooLongBatch(value)) return { refusal: refusals.BATCH_TOO_LONG, brought };
  const messages = isBatch ? value.map(messageIn) : [messageIn(value)];
  if (!areAll(messages)) return { refusal: refusals.INVALID_MESSAGE, brought };
  return { messages, text: isBatch ? undefined : text, accepted };
}

function areAll(messages: readonly (JsonRpcMessage | undefined)[]): messages is readonly JsonRpcMessage[] {
  return !messages.includes(undefined);
}

/** A message. Many languages write `null` for a member that is absent. */
function messageIn(value: unknown): JsonRpcMessage | undefined {
  if (isMessage(value)) return value;
  const clean = withoutNulls(value);
  return clean !== value && isMessage(clean) ? clean : undefined;
}
