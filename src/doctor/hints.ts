/** What may be missing, where a refusal says so. */
import { HttpError, OtherContent } from './http-exchange.js';
import type { WireKind } from './wire.js';

const ELSEWHERE = 'Its endpoint may be elsewhere: give it by --path, or in the --url';
const CREDENTIAL = 'It may need a credential: give it by --header';

/** @returns a sentence without its full stop, if there is one to say */
export function hintFor(error: unknown, wire: WireKind): string | undefined {
  if (error instanceof OtherContent) return ELSEWHERE;
  if (!(error instanceof HttpError)) return undefined;
  const other = wire === 'sse' ? 'leave --sse out if it serves Streamable HTTP' : 'add --sse if it serves HTTP+SSE';
  switch (error.status) {
    case 401:
    case 403:
      return CREDENTIAL;
    case 404:
      return `${ELSEWHERE}. Or ${other}`;
    case 405:
      return `Its endpoint takes no ${wire === 'sse' ? 'GET' : 'POST'}: ${other}`;
    default:
      return undefined;
  }
}
