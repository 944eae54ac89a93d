import type { IncomingMessage } from 'node:http';
import { endsWithin } from '../ends-within.js';
import { AnswerScanner } from '../streams/answer-scanner.js';
import type { PostedAnswers } from '../streams/posted-answers.js';

/** A body is read no further to find out what it answers. */
const MAX_SCANNED_BYTES = 16_777_216;

/** A client that was refused may keep the connection open and send no more of the body. */
const MAX_READING_MS = 1_000;

/**
 * Which server requests does a POST answer that is refused? Its body is read to the end.
 *
 * @param seen what was read of it before
 */
export function answersInRest(request: IncomingMessage, ...seen: readonly Uint8Array[]): PostedAnswers {
  const scanner = new AnswerScanner();
  const decoder = new TextDecoder();
  let size = 0;
  const scan = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size <= MAX_SCANNED_BYTES) scanner.add(decoder.decode(chunk, { stream: true }));
  };
  for (const part of seen) scan(part);
  const read = new Promise<void>((resolve) => {
    const over = (): void => {
      resolve();
    };
    if (request.readableEnded || request.destroyed) over();
    request.once('end', over).once('close', over);
    request.on('data', scan);
    request.resume();
  });
  return {
    ids: async (withinMs = MAX_READING_MS) => {
      await endsWithin(withinMs, read);
      return scanner.end();
    },
  };
}
