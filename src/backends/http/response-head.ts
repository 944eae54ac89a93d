/** What the head of an HTTP answer says. */
import { after } from '../../clock.js';
import { mayPass } from '../../http-status.js';
import { unknownEncodingIn } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';

/** How long an unused body may be read. */
const DISCARD_TIMEOUT_MS = 2_000;

/** The status for notifications and answers, and for a request that is answered on another stream. */
export const ACCEPTED = 202;

const CONFLICT = 409;

type Head = Pick<HttpAnswer, 'statusCode' | 'headers'>;

export function isTaken({ statusCode }: Head): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** Whether the body is a readable event stream, whatever the status is. */
export function isEventStream(answer: Head): boolean {
  return mediaTypeOf(answer) === 'text/event-stream' && unknownEncodingIn(answer) === undefined;
}

/** Whether the body is readable JSON, whatever the status is. */
export function isJson(answer: Head): boolean {
  return /^application\/(.+\+)?json$/.test(mediaTypeOf(answer)) && unknownEncodingIn(answer) === undefined;
}

/** The target of a redirect, whether or not we follow it. */
export function redirectIn({ statusCode, headers: { location } }: Head, from: URL): URL | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(statusCode);
  return isRedirect && typeof location === 'string' && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined;
}

/** Reads an unused body to its end, so that the connection can be reused. A body without an end is destroyed. */
export function discard({ body }: HttpAnswer): void {
  const cancel = after(DISCARD_TIMEOUT_MS, () => {
    body.destroy();
  });
  void body.read(() => undefined).then(cancel);
}

/**
 * Whether the server refuses only for now. The SDK's servers refuse to resume a stream until they notice that its old
 * connection is gone.
 */
export function mayBeResumedLater({ statusCode }: Head): boolean {
  return statusCode === CONFLICT || mayPass(statusCode);
}

function mediaTypeOf({ headers: { 'content-type': type } }: Head): string {
  return (Array.isArray(type) ? type[0] : type)?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
