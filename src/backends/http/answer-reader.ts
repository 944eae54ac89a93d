import { finished } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { asError } from '../../errors.js';
import { decodedBody, isCompressed } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';
import { isEventStream } from './response-head.js';
import { isTooLong, tellMessages, type MessageListener } from '../messages.js';

/** What an answer brings. */
export interface AnswerListener extends MessageListener {
  /** The stream can be resumed after this event. */
  resumableAfter(eventId: string): void;
  /** A stream that ends may be resumed after so long. */
  retryAfter(ms: number): void;
}

/** A message that is not read to its end. Whoever resumes before it gets it again. */
export class TooLong extends Error {
  constructor(maxMessage: number) {
    super(`a message ${isTooLong(maxMessage)}`);
  }
}

const BYTE_ORDER_MARK = '\ufeff';

/** Tells each message as soon as it is there. Resolves at the end, with the reason if that came too early. */
export async function readAnswer(answer: HttpAnswer, listener: AnswerListener): Promise<Error | undefined> {
  const reading = isEventStream(answer) ? readEvents(listener) : readJson(listener);
  const cut = await readText(answer, reading.feed);
  if (cut === undefined) reading.end();
  return cut;
}

/**
 * Feeds the text of a body as it comes, decompressed. Resolves at its end, with the reason if that came too early, which
 * may be what `feed` has thrown.
 */
export async function readText(answer: HttpAnswer, feed: (text: string) => void): Promise<Error | undefined> {
  const body = isCompressed(answer) ? await decodedBody(answer) : answer.body;
  const decoder = new StringDecoder('utf8');
  let isFirst = true;
  body.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk);
    try {
      feed(isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
    } catch (error) {
      body.destroy(asError(error));
    }
    isFirst &&= text === '';
  });
  const cut = await new Promise<Error | null | undefined>((resolve) => finished(body, resolve));
  return cut ?? undefined;
}

interface Reading {
  /** @throws TooLong */
  readonly feed: (text: string) => void;
  readonly end: () => void;
}

function readEvents(listener: AnswerListener): Reading {
  const parser = createParser({
    maxBufferSize: listener.maxMessage,
    onEvent: ({ id, event, data }) => {
      if (id !== undefined && id !== '') listener.resumableAfter(id);
      if (data !== '' && (event ?? 'message') === 'message') tellMessages(data, listener);
    },
    onRetry: (ms) => {
      listener.retryAfter(ms);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw new TooLong(listener.maxMessage);
    },
  });
  // An event that is not whole is none.
  return { feed: (text) => parser.feed(text), end: () => undefined };
}

function readJson(listener: AnswerListener): Reading {
  let json = '';
  return {
    feed: (text) => {
      if (json.length + text.length > listener.maxMessage) throw new TooLong(listener.maxMessage);
      json += text;
    },
    end: () => {
      tellMessages(json, listener);
    },
  };
}
