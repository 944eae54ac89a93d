/** Which server requests does a POST answer? It is asked when the POST is refused, and its messages never come in. */
import type { RequestId } from '../routing/message.js';
import { endsWithin } from '../ends-within.js';
import { AnswerScanner } from './answer-scanner.js';
import { isNodeResponse } from './http-headers.js';
import { SeenBody } from './seen-body.js';

/** A client that was refused may keep the connection open and send no more of the body. */
export const MAX_READING_MS = 1_000;

/** How long a body that is too large is read on to find out which server requests it answers. The id often comes last. */
export const MAX_REFUSED_MS = 10_000;

/** The part of a Node request by which its body is seen without being read. */
interface NodeRequest {
  push(chunk: unknown, ...others: unknown[]): unknown;
  once(event: 'close' | 'end', listener: () => void): unknown;
  resume(): unknown;
  readonly readableFlowing?: boolean | null;
}

/** What is posted, as far as it is known by now. */
export interface PostedAnswers {
  /**
   * The ids of the requests that it answers, when the body is read as far as it will be.
   *
   * @param withinMs how long the rest of the body may take
   */
  ids(withinMs?: number): Promise<readonly RequestId[]>;
}

const known = new WeakMap<object, PostedAnswers>();

/** @param args those of `handleRequest` */
export function postedAnswers(args: readonly unknown[]): PostedAnswers {
  const [request, second, third] = args;
  const isNode = isNodeResponse(second);
  const parsedBody = isNode ? third : (second as { readonly parsedBody?: unknown } | undefined)?.parsedBody;
  // A body that could not be parsed is handed over as `null`.
  if (parsedBody !== undefined && parsedBody !== null) return answersIn(parsedBody);
  const seen = known.get(request as object);
  if (seen !== undefined) return seen;
  if (parsedBody === null) return answersInText('');
  return isNode ? watchNodeBody(request as NodeRequest) : watchWebBody(request as Request);
}

/** Sees the body of a Node request as it comes in, whoever reads it. */
function watchNodeBody(request: NodeRequest): PostedAnswers {
  const body = new SeenBody();
  const push = request.push.bind(request);
  const read = new Promise<void>((resolve) => {
    request.push = (chunk, ...others) => {
      if (chunk instanceof Uint8Array) body.add(chunk);
      if (chunk === null || body.isTooLong) resolve();
      return push(chunk, ...others);
    };
    request.once('close', resolve);
  });
  return {
    ids: async (withinMs = MAX_READING_MS) => {
      // Nobody reads the rest of what was refused.
      if (request.readableFlowing === null) request.resume();
      await endsWithin(withinMs, read);
      return body.answers();
    },
  };
}

/** Sees the body of a web-standard request, which has not been read. */
export function watchWebBody(request: Request): PostedAnswers {
  const { body } = request.bodyUsed ? { body: null } : request.clone();
  const ids = scanned(body).catch(() => []);
  const posted = { ids: async () => ids };
  known.set(request, posted);
  return posted;
}

async function scanned(stream: ReadableStream<Uint8Array> | null): Promise<readonly RequestId[]> {
  const body = new SeenBody();
  const reader = stream?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    body.add(part.value);
    if (!body.isTooLong) continue;
    await reader?.cancel();
    break;
  }
  return body.answers();
}

/** Of a body that was parsed before. */
export function answersIn(parsedBody: unknown): PostedAnswers {
  return answersInText(JSON.stringify(parsedBody));
}

/** Of a body that was read before. */
export function answersInText(text: string): PostedAnswers {
  const scanner = new AnswerScanner();
  scanner.add(text);
  const ids = scanner.end();
  return { ids: async () => Promise.resolve(ids) };
}
