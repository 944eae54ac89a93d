/** What the head of an HTTP answer says. */
import { finished } from 'node:stream';
import { after } from '../../clock.js';
import { mayPass } from '../../http-status.js';
import { unknownEncodingIn } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';

/** For how long what nobody is told is read. */
const DISCARD_TIMEOUT_MS = 2_000;

/** The answer to what is no request, and to a request that is answered elsewhere. */
export const ACCEPTED = 202;

const CONFLICT = 409;

type Head = Pick<HttpAnswer, 'statusCode' | 'headers'>;

export function isTaken({ statusCode }: Head): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** Whether it brings events, under whatever status. */
export function isEventStream(answer: Head): boolean {
  return mediaTypeOf(answer) === 'text/event-stream' && unknownEncodingIn(answer) === undefined;
}

/** Whether it brings JSON, under whatever status. */
export function isJson(answer: Head): boolean {
  return /^application\/(.+\+)?json$/.test(mediaTypeOf(answer)) && unknownEncodingIn(answer) === undefined;
}

/** Where a request is sent on to, whether it is followed there or not. */
export function redirectIn({ statusCode, headers: { location } }: Head, from: URL): URL | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode);
  return isRedirect && typeof location === 'string' && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined;
}

/** Reads what nobody is told, so that the connection can be used again; if it has an end. */
export function discard({ body }: HttpAnswer): void {
  const cancel = after(DISCARD_TIMEOUT_MS, () => body.destroy());
  finished(body.resume(), cancel);
}

/**
 * Whether it is refused for now only. Servers of the SDK refuse to resume a stream for as long as they have not noticed
 * that its connection is gone.
 */
export function mayBeResumedLater({ statusCode }: Head): boolean {
  return statusCode === CONFLICT || mayPass(statusCode);
}

function mediaTypeOf({ headers: { 'content-type': type } }: Head): string {
  return (Array.isArray(type) ? type[0] : type)?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
