import type { HttpConnection } from './connection.js';
import { onConnectionEnd } from './connection-end.js';
import { contentTypeOf, isWebResponse, signalOf, type NodeResponse } from './http-headers.js';

/** Observes the response to an HTTP request. */
export interface ResponseObserver {
  /** Its head was written. */
  headWritten(connection: HttpConnection, status: number, contentType: unknown): void;
  /** A part of its body was written. */
  bodyWritten(connection: HttpConnection, chunk: unknown): void;
  /** Nothing more will be written. */
  finished(connection: HttpConnection): void;
  /** The connection has ended. */
  ended(connection: HttpConnection): void;
}

/** Tells the observer what is written with a Node response. The response is passed on as it is. */
export function watchNodeResponse(
  connection: HttpConnection,
  response: NodeResponse,
  observer: ResponseObserver,
): void {
  const { writeHead, write, end } = response;
  response.writeHead = (...args) => {
    const result = writeHead.apply(response, args);
    observer.headWritten(connection, Number(args[0]), contentTypeOf(args) ?? response.getHeader('content-type'));
    return result;
  };
  response.write = (...args) => {
    observer.bodyWritten(connection, args[0]);
    return write.apply(response, args);
  };
  response.end = (...args) => {
    // The connection may live on for as long as the client does not read, but nothing more is written.
    observer.finished(connection);
    return end.apply(response, args);
  };
  // The caller of `handleRequest` may have taken so long that the client is gone and `close` was emitted before.
  if (response.closed === true || response.destroyed === true) observer.ended(connection);
  else {
    onConnectionEnd(response, () => {
      observer.ended(connection);
    });
  }
}

/** Tells the observer what is in the web-standard response that `handle` returns. The response is passed on as it is. */
export function watchWebResponse(
  connection: HttpConnection,
  request: unknown,
  handle: () => unknown,
  observer: ResponseObserver,
): Promise<unknown> {
  connection.isUnread = true;
  // The client may go away before there is a response whose body could be cancelled.
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
  let handled: unknown;
  try {
    handled = handle();
  } catch (error) {
    endedUnwritten(connection, observer);
    throw error;
  }
  return watched(connection, handled, observer);
}

async function watched(connection: HttpConnection, handled: unknown, observer: ResponseObserver): Promise<unknown> {
  let response: unknown;
  try {
    response = await handled;
  } catch (error) {
    endedUnwritten(connection, observer);
    throw error;
  }
  if (!isWebResponse(response)) {
    endedUnwritten(connection, observer);
    return response;
  }
  observer.headWritten(connection, response.status, response.headers.get('content-type'));
  if (!connection.isStream || response.body === null) {
    endedUnwritten(connection, observer);
    return response;
  }
  const { status, statusText, headers } = response;
  return new Response(watchBody(connection, response.body, observer), { status, statusText, headers });
}

/** There is no event stream on which anything could have been written. */
function endedUnwritten(connection: HttpConnection, observer: ResponseObserver): void {
  connection.isUnread = false;
  observer.ended(connection);
}

function watchBody(
  connection: HttpConnection,
  body: ReadableStream<Uint8Array>,
  observer: ResponseObserver,
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
        connection.isUnread = false;
        observer.bodyWritten(connection, value);
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
