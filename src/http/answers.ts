import type { HttpExchange } from './exchange.js';
import { contentTypeOf, isWebResponse, signalOf, type NodeResponse } from './headers.js';

/** What is seen of the answer to an HTTP request. */
export interface AnswerObserver {
  /** Its head was written. */
  answered(exchange: HttpExchange, status: number, contentType: unknown): void;
  /** A part of its body was written. */
  wrote(exchange: HttpExchange, chunk: unknown): void;
  /** Nothing more will be written. */
  finished(exchange: HttpExchange): void;
  /** The connection is gone. */
  ended(exchange: HttpExchange): void;
}

/** Tells what is written with Node's response, which is passed on as it is. */
export function watchNodeAnswer(exchange: HttpExchange, response: NodeResponse, observer: AnswerObserver): void {
  const { writeHead, write, end } = response;
  response.writeHead = (...args) => {
    const result = writeHead.apply(response, args);
    observer.answered(exchange, Number(args[0]), contentTypeOf(args) ?? response.getHeader('content-type'));
    return result;
  };
  response.write = (...args) => {
    observer.wrote(exchange, args[0]);
    return write.apply(response, args);
  };
  response.end = (...args) => {
    // The connection may live on for as long as the client does not read: nothing more is written.
    observer.finished(exchange);
    return end.apply(response, args);
  };
  // Who calls `handleRequest` may have taken so long that the client is gone, and its `close` past.
  if (response.closed === true || response.destroyed === true) observer.ended(exchange);
  else {
    response.once('close', () => {
      observer.ended(exchange);
    });
  }
}

/** Tells what is in the web-standard response that `handle` gives, which is passed on as it is. */
export function watchWebAnswer(
  exchange: HttpExchange,
  request: unknown,
  handle: () => unknown,
  observer: AnswerObserver,
): Promise<unknown> {
  // The client may go before there is an answer whose body could be cancelled.
  const signal = signalOf(request);
  if (signal?.aborted === true) observer.ended(exchange);
  else {
    signal?.addEventListener(
      'abort',
      () => {
        observer.ended(exchange);
      },
      { once: true },
    );
  }
  let answer: unknown;
  try {
    answer = handle();
  } catch (error) {
    observer.ended(exchange);
    throw error;
  }
  return watched(exchange, answer, observer);
}

async function watched(exchange: HttpExchange, answer: unknown, observer: AnswerObserver): Promise<unknown> {
  let response: unknown;
  try {
    response = await answer;
  } catch (error) {
    observer.ended(exchange);
    throw error;
  }
  if (!isWebResponse(response)) {
    observer.ended(exchange);
    return response;
  }
  observer.answered(exchange, response.status, response.headers.get('content-type'));
  if (!exchange.isStream || response.body === null) {
    observer.ended(exchange);
    return response;
  }
  const { status, statusText, headers } = response;
  return new Response(watchBody(exchange, response.body, observer), { status, statusText, headers });
}

function watchBody(
  exchange: HttpExchange,
  body: ReadableStream<Uint8Array>,
  observer: AnswerObserver,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read().catch((error: unknown) => {
          observer.ended(exchange);
          throw error;
        });
        if (done) {
          observer.ended(exchange);
          controller.close();
          return;
        }
        observer.wrote(exchange, value);
        controller.enqueue(value);
      },
      cancel: async (reason) => {
        observer.ended(exchange);
        await reader.cancel(reason);
      },
    },
    // Reads only when it is read: what waits, waits where it did before.
    { highWaterMark: 0 },
  );
}
