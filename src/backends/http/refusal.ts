/** What a server answers when it gives no answer. */
import { STATUS_CODES } from 'node:http';
import { endsWithin } from '../../ends-within.js';
import { HttpRefusal, relayedHeaders } from '../../http-refusal.js';
import { MAX_MESSAGE } from '../messages.js';
import { readText } from './answer-reader.js';
import { unknownEncodingIn } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';
import { isJson, isTaken, redirectIn } from './response-head.js';

/** Of what may be an answer, as much is read as of any, and for so long. */
const JSON_TIMEOUT_MS = 10_000;

/** Of any other text, no more is read, and not for longer. */
const MAX_TEXT = 65_536;
const TEXT_TIMEOUT_MS = 2_000;

/** And no more of it is shown. */
const MAX_SHOWN = 4_096;

const UNAUTHORIZED = 401;

/** As in the errors of the SDK. */
const PREFIX = 'Streamable HTTP error: ';

/** The text of an answer. */
export interface BodyText {
  readonly text: string;
  /** Whether it came to its end in time, and was short enough. */
  readonly isWhole: boolean;
}

/** Reads an answer that should not be long. */
export async function textOf(answer: HttpAnswer): Promise<BodyText> {
  const { body } = answer;
  if (unknownEncodingIn(answer) !== undefined) {
    body.destroy();
    return { text: '', isWhole: false };
  }
  const [most, ms] = isJson(answer) ? [MAX_MESSAGE, JSON_TIMEOUT_MS] : [MAX_TEXT, TEXT_TIMEOUT_MS];
  let text = '';
  let isWhole = false;
  const read = readText(answer, (part) => {
    text += part;
    if (text.length > most) body.destroy();
  }).then((cut) => (isWhole = cut === undefined));
  await endsWithin(ms, read);
  body.destroy();
  return { text: text.slice(0, most), isWhole };
}

/** Why a message was not taken. @param redactCut hides what must not be shown in a text that may have been cut off */
export function refusalIn(
  answer: HttpAnswer,
  from: URL,
  { text, isWhole }: BodyText,
  redactCut: (text: string) => string,
): HttpRefusal {
  const { statusCode, headers } = answer;
  const relayed = relayedHeaders(headers);
  const target = redirectIn(answer, from);
  if (target !== undefined) return new HttpRefusal(statusCode, PREFIX + notFollowed(target), relayed);
  if (isTaken(answer)) return new HttpRefusal(statusCode, PREFIX + unexpected(answer), relayed);
  const shown = isWhole && text.length <= MAX_SHOWN ? text : redactCut(text.slice(0, MAX_SHOWN));
  const message = `${PREFIX}${refused(statusCode)}${shown === '' ? '' : `: ${shown}`}`;
  return new HttpRefusal(statusCode, message, relayed, isWhole && text.length <= MAX_TEXT ? text : '');
}

function refused(statusCode: number): string {
  const hint = statusCode === UNAUTHORIZED ? ' (give it credentials with --header or --pass-header)' : '';
  return `refused with ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() + hint;
}

function unexpected(answer: HttpAnswer): string {
  const encoding = unknownEncodingIn(answer);
  if (encoding !== undefined) return `The answer is compressed (${encoding}), which was not asked for`;
  return `Unexpected content type: ${String(answer.headers['content-type'] ?? 'none')}`;
}

function notFollowed(target: URL): string {
  const { origin, pathname } = target;
  return `Redirect to ${origin}${pathname} not followed: if that is the server, give that URL with --url`;
}
