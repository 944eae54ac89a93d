import type { HttpConnection } from './connection.js';
import { onceGone } from './connection-end.js';
import { contentTypeOf, isWebResponse, signalOf, type NodeResponse } from './http-headers.js';

/** What is seen of the answer to an HTTP request. */
export interface AnswerObserver {
  /** Its head was written. */
  answered(connection: HttpConnection, status: number, contentType: unknown): void;
  /** A part of its body was written. */
  wrote(connection: HttpConnection, chunk: unknown): void;
  /** Nothing more will be written. */
  finished(connection: HttpConnection): void;
  /** The connection is gone. */
  ended(connection: HttpConnection): void;
}

/** Tells what is written with Node's response, which is passed on as it is. */
export function watchNodeAnswer(connection: HttpConnection, response: NodeResponse, observer: AnswerObserver): void {
  const { writeHead, write, end } = response;
  response.writeHead = (...args) => {
    const result = writeHead.apply(response, args);
    observer.answered(connection, Number(args[0]), contentTypeOf(args) ?? response.getHeader('content-type'));
    return result;
  };
  response.write = (...args) => {
    observer.wrote(connection, args[0]);
    return write.apply(response, args);
  };
  response.end = (...args) => {
    // The connection may live on for as long as the client does not read: nothing more is written.
    observer.finished(connection);
    return end.apply(response, args);
  };
  // Who calls `handleRequest` may have taken so long that the client is gone, and its `close` past.
  if (response.closed === true || response.destroyed === true) observer.ended(connection);
  else {
    onceGone(response, () => {
      observer.ended(connection);
    });
  }
}

/** Tells what is in the web-standard response that `handle` gives, which is passed on as it is. */
export function watchWebAnswer(
  connection: HttpConnection,
  request: unknown,
  handle: () => unknown,
  observer: AnswerObserver,
): Promise<unknown> {
  // The client may go before there is an answer whose body could be cancelled.
  const signal = signalOf(request);
  if (signal?.aborted === true) observer.ended(connection);
  else {
    signal?.addEventListener(
      'abort',
      () => {
        observer.ended(connection);
      },
      { once: true },
    );
  }
  let answer: unknown;
  try {
    answer = handle();
  } catch (error) {
    observer.ended(connection);
    throw error;
  }
  return watched(connection, answer, observer);
}

async function watched(connection: HttpConnection, answer: unknown, observer: AnswerObserver): Promise<unknown> {
  let response: unknown;
  try {
    response = await answer;
  } catch (error) {
    observer.ended(connection);
    throw error;
  }
  if (!isWebResponse(response)) {
    observer.ended(connection);
    return response;
  }
  observer.answered(connection, response.status, response.headers.get('content-type'));
  if (!connection.isStream || response.body === null) {
    observer.ended(connection);
    return response;
  }
  const { status, statusText, headers } = response;
  return new Response(watchBody(connection, response.body, observer), { status, statusText, headers });
}

function watchBody(
  connection: HttpConnection,
  body: ReadableStream<Uint8Array>,
  observer: AnswerObserver,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read().catch((error: unknown) => {
          observer.ended(connection);
          throw error;
        });
        if (done) {
          observer.ended(connection);
          controller.close();
          return;
        }
        observer.wrote(connection, value);
        controller.enqueue(value);
      },
      cancel: async (reason) => {
        observer.ended(connection);
        await reader.cancel(reason);
      },
    },
    // Reads only when it is read: what waits, waits where it did before.
    { highWaterMark: 0 },
  );
}
