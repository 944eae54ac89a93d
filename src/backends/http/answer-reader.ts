import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { createParser } from 'eventsource-parser';
import { asError } from '../../errors.js';
import { isEventStream } from './response-head.js';
import { MAX_MESSAGE, tellMessages, type MessageListener } from '../messages.js';

/** What an answer brings. */
export interface AnswerListener extends MessageListener {
  /** The stream can be resumed after this event. */
  resumableAfter(eventId: string): void;
  /** A stream that ends may be resumed after so long. */
  retryAfter(ms: number): void;
}

/** A message that is not read to its end. Whoever resumes before it gets it again. */
export class TooLong extends Error {
  constructor() {
    super(`a message is longer than ${MAX_MESSAGE} characters`);
  }
}

const BYTE_ORDER_MARK = '\ufeff';

/** Tells each message as soon as it is there. Resolves at the end, with the reason if that came too early. */
export async function readAnswer(response: IncomingMessage, listener: AnswerListener): Promise<Error | undefined> {
  const reading = isEventStream(response) ? readEvents(listener) : readJson(listener);
  let isFirst = true;
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    try {
      reading.feed(isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
      isFirst = false;
    } catch (error) {
      response.destroy(asError(error));
    }
  });
  const cut = await new Promise<Error | null | undefined>((resolve) => finished(response, resolve));
  if (cut) return cut;
  reading.end();
  return undefined;
}

interface Reading {
  /** @throws TooLong */
  feed(text: string): void;
  end(): void;
}

function readEvents(listener: AnswerListener): Reading {
  const parser = createParser({
    maxBufferSize: MAX_MESSAGE,
    onEvent: ({ id, event, data }) => {
      if (id !== undefined && id !== '') listener.resumableAfter(id);
      if (data !== '' && (event ?? 'message') === 'message') tellMessages(data, listener);
    },
    onRetry: (ms) => {
      listener.retryAfter(ms);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw new TooLong();
    },
  });
  // An event that is not whole is none.
  return { feed: (text) => parser.feed(text), end: () => undefined };
}

function readJson(listener: AnswerListener): Reading {
  let json = '';
  return {
    feed: (text) => {
      if (json.length + text.length > MAX_MESSAGE) throw new TooLong();
      json += text;
    },
    end: () => {
      tellMessages(json, listener);
    },
  };
}
