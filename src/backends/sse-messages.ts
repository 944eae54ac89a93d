import { createParser } from 'eventsource-parser';
import { LostAnswer } from '../lost-answer.js';
import { MessageLines } from './message-lines.js';
import { isTooLong, tellMessages, tellUnreadable, type MessageListener } from './messages.js';

export interface EventStreamListener extends MessageListener {
  /** Nothing else will be read. */
  endless(): void;
}

/**
 * Takes the messages out of a stream of events and tells them, as they are read elsewhere: the SDK's transport throws away
 * what it cannot parse, and its call waits for ever. What is left says where messages are sent to.
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
    // One of many lines, each of which is short enough.
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
        // A line may end in `\r`, in `\n`, or in both, which may come apart.
        const rest = isAfterReturn && text.startsWith('\n') ? text.slice(1) : text;
        isAfterReturn = text === '' ? isAfterReturn : text.endsWith('\r');
        lines.feed(rest.replaceAll(/\r\n?/g, '\n'));
        if (left !== '') controller.enqueue(encoder.encode(left));
        left = '';
      },
    }),
  );
}
