import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { createParser } from 'eventsource-parser';
import { asError } from '../errors.js';
import { answerInPlaceOf } from '../proxy/answers.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { isEventStream } from './http-head.js';

/** What an answer brings. */
export interface AnswerListener {
  message(message: JsonRpcMessage): void;
  /** The stream can be resumed after this event. */
  resumableAfter(eventId: string): void;
  /** A stream that ends may be resumed after so long. */
  retryAfter(ms: number): void;
  error(error: Error): void;
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
      // What is longer than any string can be.
      response.destroy(asError(error));
    }
  });
  const cut = await new Promise<Error | null | undefined>((resolve) => finished(response, resolve));
  if (cut) return cut;
  reading.end();
  return undefined;
}

interface Reading {
  feed(text: string): void;
  end(): void;
}

function readEvents(listener: AnswerListener): Reading {
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (id !== undefined && id !== '') listener.resumableAfter(id);
      if (data !== '' && (event ?? 'message') === 'message') tell(data, listener);
    },
    onRetry: (ms) => {
      listener.retryAfter(ms);
    },
  });
  // An event that is not whole is none.
  return { feed: (text) => parser.feed(text), end: () => undefined };
}

function readJson(listener: AnswerListener): Reading {
  let json = '';
  return {
    feed: (text) => (json += text),
    end: () => {
      tell(json, listener);
    },
  };
}

/** One message, or, as older servers answer, several. */
function tell(json: string, listener: AnswerListener): void {
  try {
    const value: unknown = JSON.parse(json);
    for (const message of Array.isArray(value) ? value : [value]) tellOne(message, listener);
  } catch (error) {
    listener.error(asError(error));
  }
}

function tellOne(value: unknown, listener: AnswerListener): void {
  const { success, data, error } = JSONRPCMessageSchema.safeParse(value);
  if (success) {
    listener.message(data);
    return;
  }
  listener.error(error);
  const answer = answerInPlaceOf(value);
  if (answer !== undefined) listener.message(answer);
}
