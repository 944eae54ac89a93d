import { createParser } from 'eventsource-parser';
import { LostAnswer } from '../lost-answer.js';
import { MessageLines } from './message-lines.js';
import { isTooLong, tellMessages, tellUnreadable, type MessageListener } from './messages.js';

export interface EventStreamListener extends MessageListener {
  /** The current message does not seem to end. Nothing else will be read. */
  endless(): void;
}

/**
 * Takes the messages out of an event stream and reads them as other transports do. The SDK's transport would drop a
 * message that it cannot parse, and the call would never end. Other events stay: one of them names the URL for sending.
 */
export function withoutMessages(
  body: ReadableStream<Uint8Array>,
  listener: EventStreamListener,
): ReadableStream<Uint8Array> {
  const { maxMessage } = listener;
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let left = '';
  let isAfterReturn = false;
  const parser = createParser({
    maxBufferSize: maxMessage,
    onEvent: ({ event = 'message', data }) => {
      if (event !== 'message') left += `event: ${event}\ndata: ${data.replaceAll('\n', '\ndata: ')}\n\n`;
      else if (data !== '') tellMessages(data, listener);
    },
    // An event of many short lines can be too long, too.
    onError: ({ type }) => {
      if (type !== 'max-buffer-size-exceeded') return;
      parser.reset();
      listener.error(new LostAnswer(`the backend sent an answer that ${isTooLong(maxMessage)}`, {}));
    },
  });
  const lines = new MessageLines(maxMessage, {
    line: (line) => {
      parser.feed(`${line}\n`);
    },
    tooLong: (outline) => {
      tellUnreadable(outline, isTooLong(maxMessage), listener);
    },
    endless: () => {
      listener.endless();
    },
  });
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        // A line may end in `\r`, `\n` or `\r\n`, which may be split over two chunks.
        const rest = isAfterReturn && text.startsWith('\n') ? text.slice(1) : text;
        isAfterReturn = text === '' ? isAfterReturn : text.endsWith('\r');
        lines.feed(rest.replaceAll(/\r\n?/g, '\n'));
        if (left !== '') controller.enqueue(encoder.encode(left));
        left = '';
      },
    }),
  );
}
