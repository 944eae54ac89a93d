/** HTTP answers that refuse a message. */
import { STATUS_CODES } from 'node:http';
import { endsWithin } from '../../ends-within.js';
import { HttpRefusal, relayedHeaders } from '../../http-refusal.js';
import { MAX_MESSAGE } from '../messages.js';
import { readText } from './answer-reader.js';
import { unknownEncodingIn } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';
import { isJson, isTaken, redirectIn } from './response-head.js';

/** A JSON body may hold the answer. It may be as long as any message, and is read for at most this long. */
const JSON_TIMEOUT_MS = 10_000;

/** How much of any other text is read, and for how long. */
const MAX_TEXT = 65_536;
const TEXT_TIMEOUT_MS = 2_000;

/** How much of a text an error shows. */
const MAX_SHOWN = 4_096;

const UNAUTHORIZED = 401;

/** The errors of the SDK begin with this, too. */
const PREFIX = 'Streamable HTTP error: ';

/** The text of an answer. */
export interface BodyText {
  readonly text: string;
  /** Whether the text ended in time and within the limit. */
  readonly isWhole: boolean;
}

/** Reads the text of an answer, within the limits. */
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

/** Why a message was not accepted. @param redactCut hides secrets in a text that may have been cut off */
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
