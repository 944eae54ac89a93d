import type { IncomingMessage } from 'node:http';
import { endsWithin } from '../ends-within.js';
import { MAX_READING_MS, type PostedAnswers } from '../streams/posted-answers.js';
import { SeenBody } from '../streams/seen-body.js';
import { handedBody } from './handed-body.js';

/**
 * Which server requests does a POST answer that is refused? Its body is read to the end.
 *
 * @param seen what was read of it before
 */
export function answersInRest(request: IncomingMessage, ...seen: readonly Uint8Array[]): PostedAnswers {
  const body = new SeenBody();
  const handed = handedBody(request);
  if (handed !== undefined) body.add(handed);
  for (const part of seen) body.add(part);
  const read = new Promise<void>((resolve) => {
    const over = (): void => {
      resolve();
    };
    if (request.readableEnded || request.destroyed) over();
    request.once('end', over).once('close', over);
    request.on('data', (chunk: Uint8Array) => {
      body.add(chunk);
    });
    request.resume();
  });
  return {
    ids: async (withinMs = MAX_READING_MS) => {
      await endsWithin(withinMs, read);
      return body.answers();
    },
  };
}
