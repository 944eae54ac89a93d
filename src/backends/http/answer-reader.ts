import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { asError } from '../../errors.js';
import { decodedBody, isCompressed } from './decoded-body.js';
import type { HttpAnswer } from './http-answer.js';
import { isEventStream } from './response-head.js';
import { isTooLong, tellMessages, type MessageListener } from '../messages.js';

/** Receives the contents of an HTTP answer. */
export interface AnswerListener extends MessageListener {
  /** The stream can be resumed after this event. */
  resumableAfter(eventId: string): void;
  /** The server asks clients to wait this long before they resume a stream. */
  retryAfter(ms: number): void;
}

/** A message exceeds the limit and is not read to its end. Resuming from an event before it would bring it again. */
export class TooLong extends Error {
  constructor(maxMessage: number) {
    super(`a message ${isTooLong(maxMessage)}`);
  }
}

/** A server should end its stream after the answer. It gets this long before we close it. */
export const LAST_WORDS_MS = 1_000;

const BYTE_ORDER_MARK = '\ufeff';

/** Passes on each message as soon as it arrives. Resolves at the end, with the reason if the answer broke off. */
export async function readAnswer(answer: HttpAnswer, listener: AnswerListener): Promise<Error | undefined> {
  const reading = isEventStream(answer) ? readEvents(listener) : readJson(listener);
  const cut = await readText(answer, reading.feed);
  if (cut === undefined) reading.end();
  return cut;
}

/** The same as text: see {@link readBytes}. */
export async function readText(answer: HttpAnswer, feed: (text: string) => void): Promise<Error | undefined> {
  const decode = decoding();
  return readBytes(answer, (chunk) => {
    feed(decode(chunk));
  });
}

/**
 * Decompresses a body and feeds its bytes as they arrive. Resolves at the end, with the reason if the body broke off. If
 * `feed` throws, reading stops, and the thrown error is the reason.
 */
export async function readBytes(answer: HttpAnswer, feed: (chunk: Buffer) => void): Promise<Error | undefined> {
  const body = isCompressed(answer) ? await decodedBody(answer) : answer.body;
  return body.read((chunk) => {
    try {
      feed(chunk);
    } catch (error) {
      body.destroy(asError(error));
    }
  });
}

/** Decodes the chunks of one text, without a byte order mark. */
export function decoding(): (chunk: Uint8Array) => string {
  const decoder = new StringDecoder('utf8');
  let isFirst = true;
  return (chunk) => {
    const text = decoder.write(chunk);
    const hasMark = isFirst && text.startsWith(BYTE_ORDER_MARK);
    isFirst &&= text === '';
    return hasMark ? text.slice(1) : text;
  };
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
  // The SSE format discards an incomplete last event.
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
