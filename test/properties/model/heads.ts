/** The heads of the requests and responses by which a client opens a stream, and comes back to one. */
import { SSE, type FakeResponse } from '../../support/http-fakes.js';
import type { Stream } from './records.js';

export type Headers = Readonly<Record<string, string>>;

/** An event of long ago: the transport knows on which stream it was, and nobody else does. */
const FORGOTTEN = 'forgotten';

export function headersFor(resumes: Stream | undefined, isForgotten: boolean): Headers {
  return resumes === undefined ? {} : { 'last-event-id': isForgotten ? FORGOTTEN : `${resumes.name}.0` };
}

export function isOfForgotten(headers: Headers): boolean {
  return headers['last-event-id'] === FORGOTTEN;
}

/** Unless it is written already. */
export function writeHead(response: FakeResponse, status = 200): void {
  if (response.calls.length === 0) response.writeHead(status, ...(status === 200 ? [SSE] : []));
}
