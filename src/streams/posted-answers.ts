/** Which server requests does a POST answer? It is asked when the POST is refused, and its messages never come in. */
import type { RequestId } from '../routing/message.js';
import { endsWithin } from '../ends-within.js';
import { AnswerScanner } from './answer-scanner.js';
import { isNodeResponse } from './http-headers.js';

/** A body is read no further to find out what it answers. */
const MAX_SCANNED_BYTES = 16_777_216;

/** Most answers come in one or two chunks, of at most 64 KiB each. */
const MAX_KEPT_CHUNKS = 4;

/** A client that was refused may keep the connection open and send no more of the body. */
const MAX_READING_MS = 1_000;

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

/** Few bodies are refused, so what is short is kept, and scanned only when somebody asks. */
class SeenBody {
  #kept: Uint8Array[] = [];
  readonly #scanner = new AnswerScanner();
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #size = 0;

  get isTooLong(): boolean {
    return this.#size > MAX_SCANNED_BYTES;
  }

  add(chunk: Uint8Array): void {
    if (this.isTooLong) return;
    this.#size += chunk.length;
    this.#kept.push(chunk);
    // A chunk keeps the memory that it was read into, however short it is.
    if (this.#kept.length > MAX_KEPT_CHUNKS) this.#scan();
  }

  answers(): readonly RequestId[] {
    this.#scan();
    return this.#scanner.end();
  }

  #scan(): void {
    const decoder = (this.#decoder ??= new TextDecoder());
    for (const chunk of this.#kept.splice(0)) this.#scanner.add(decoder.decode(chunk, { stream: true }));
  }
}

/** Sees the body of a web-standard request, which has not been read. */
export function watchWebBody(request: Request): PostedAnswers {
  const { body } = request.bodyUsed ? { body: null } : request.clone();
  const ids = scanned(body).catch(() => []);
  const posted = { ids: async () => ids };
  known.set(request, posted);
  return posted;
}

async function scanned(body: ReadableStream<Uint8Array> | null): Promise<readonly RequestId[]> {
  const scanner = new AnswerScanner();
  const decoder = new TextDecoder();
  let size = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    size += part.value.length;
    scanner.add(decoder.decode(part.value, { stream: true }));
    if (size <= MAX_SCANNED_BYTES) continue;
    await reader?.cancel();
    break;
  }
  return scanner.end();
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
