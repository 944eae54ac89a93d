/** What the head of an HTTP answer says. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { after } from '../../clock.js';
import { mayPass } from '../../http-status.js';
import { endsWithin } from '../../ends-within.js';

/** Of the text of a refusal, no more is read, and not for longer. */
const MAX_TEXT = 4_096;
const TEXT_TIMEOUT_MS = 2_000;

/** The answer to what is no request, and to a request that is answered elsewhere. */
export const ACCEPTED = 202;

const UNAUTHORIZED = 401;
const CONFLICT = 409;

export function isTaken({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

export function isEventStream(answer: IncomingMessage): boolean {
  return isReadable(answer) && mediaTypeOf(answer) === 'text/event-stream';
}

/** Whether the answers to requests can be read in it. */
export function isReadable(answer: IncomingMessage): boolean {
  const isPlain = (answer.headers['content-encoding'] ?? 'identity') === 'identity';
  return hasContent(answer) && isPlain && ['text/event-stream', 'application/json'].includes(mediaTypeOf(answer));
}

/** Where a request is sent on to, whether it is followed there or not. */
export function redirectIn({ statusCode = 0, headers: { location } }: IncomingMessage, from: URL): URL | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode);
  return isRedirect && location !== undefined && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined;
}

/** Reads what nobody is told, so that the connection can be used again; if it has an end. */
export function discard(answer: IncomingMessage): void {
  const cancel = after(TEXT_TIMEOUT_MS, () => answer.destroy());
  finished(answer.resume(), cancel);
}

/**
 * Whether it is refused for now only. Servers of the SDK refuse to resume a stream for as long as they have not noticed
 * that its connection is gone.
 */
export function mayBeResumedLater({ statusCode }: IncomingMessage): boolean {
  return statusCode === CONFLICT || mayPass(statusCode);
}

/** Why a request was not taken. @param redactCut hides what must not be shown in a text that may have been cut off */
export async function refusalIn(
  answer: IncomingMessage,
  from: URL,
  redactCut: (text: string) => string,
): Promise<StreamableHTTPError> {
  const { statusCode = 0, headers } = answer;
  const target = redirectIn(answer, from);
  if (target !== undefined || hasContent(answer)) answer.destroy();
  if (target !== undefined) return new StreamableHTTPError(statusCode, notFollowed(target));
  if (hasContent(answer)) {
    const { 'content-type': type = 'none', 'content-encoding': encoding } = headers;
    const compressed = encoding === undefined ? '' : `, compressed (${encoding}), which was not asked for`;
    return new StreamableHTTPError(-1, `Unexpected content type: ${type}${compressed}`);
  }
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length >= MAX_TEXT) answer.destroy();
  });
  await endsWithin(TEXT_TIMEOUT_MS, new Promise((resolve) => finished(answer, resolve)));
  answer.destroy();
  const shown = answer.complete && text.length <= MAX_TEXT ? text : redactCut(text.slice(0, MAX_TEXT));
  return new StreamableHTTPError(statusCode, `${refused(statusCode)}${shown === '' ? '' : `: ${shown}`}`);
}

function refused(statusCode: number): string {
  const hint = statusCode === UNAUTHORIZED ? ' (give it credentials with --header or --pass-header)' : '';
  return `refused with ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() + hint;
}

function notFollowed(target: URL): string {
  const { origin, pathname } = target;
  return `Redirect to ${origin}${pathname} not followed: if that is the server, give that URL with --url`;
}

function hasContent(answer: IncomingMessage): boolean {
  return isTaken(answer) && answer.statusCode !== ACCEPTED;
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
