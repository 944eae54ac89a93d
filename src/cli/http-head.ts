/** What the head of an HTTP answer says. */
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { within } from '../proxy/within.js';

/** Of the text of a refusal, no more is read, and not for longer. */
const MAX_TEXT = 4_096;
const TEXT_TIMEOUT_MS = 2_000;

const ACCEPTED = 202;

export function isEventStream(answer: IncomingMessage): boolean {
  return isTaken(answer) && mediaTypeOf(answer) === 'text/event-stream';
}

/** Whether the answers to requests can be read in it. */
export function isReadable(answer: IncomingMessage): boolean {
  return isTaken(answer) && ['text/event-stream', 'application/json'].includes(mediaTypeOf(answer));
}

export function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
}

/** A header, as one to send. */
export function valueOf({ headers }: IncomingMessage, name: string): Record<string, string> {
  const value = headers[name];
  return typeof value === 'string' ? { [name]: value } : {};
}

/** Why a request was not taken. */
export async function refusalIn(answer: IncomingMessage): Promise<StreamableHTTPError> {
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length >= MAX_TEXT) answer.destroy();
  });
  await within(TEXT_TIMEOUT_MS, new Promise((resolve) => finished(answer, resolve)));
  answer.destroy();
  const { statusCode = 0, headers } = answer;
  if (isTaken(answer))
    return new StreamableHTTPError(-1, `Unexpected content type: ${headers['content-type'] ?? 'none'}`);
  return new StreamableHTTPError(statusCode, `Error POSTing to endpoint: ${text.slice(0, MAX_TEXT)}`);
}

function isTaken({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300 && statusCode !== ACCEPTED;
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
