/** Writes what the server sends: each message on the stream of its request, or on the standalone stream. */
import { BackchannelError } from '../errors.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { SETTLED } from '../settled.js';
import type { SendOptions } from '../transport-like.js';
import type { Endpoint } from './endpoint.js';
import type { EventStream } from './event-stream.js';
import { eventOf } from '../event-text.js';
import { textOf } from './message-text.js';
import type { Post } from './post.js';
import { STANDALONE } from './streams.js';

/**
 * @returns {@link SETTLED} if it was written at once
 * @throws if there is nothing that the message could be written to, or if it cannot be written
 */
export function send(endpoint: Endpoint, message: JsonRpcMessage, options: SendOptions | undefined): Promise<void> {
  const isAnswer = isResponse(message);
  const id = isAnswer ? message.id : options?.relatedRequestId;
  if (id === undefined) {
    if (isAnswerWithoutId(message))
      throw new Error('Cannot send a response on a standalone SSE stream unless resuming a previous client request');
    return sendStandalone(endpoint, message, textFor(message, options));
  }
  const post = endpoint.streams.of(id);
  if (post === undefined) throw noConnection(id);
  const text = textFor(message, options);
  const give = (eventId?: string): void => {
    if (isAnswer) answer(endpoint, post, id, text, eventId);
    else write(post, id, text, eventId);
  };
  const { streamId } = post;
  if (streamId !== undefined) return stored(endpoint, streamId, message, text, post).then(give);
  give();
  return SETTLED;
}

function sendStandalone(endpoint: Endpoint, message: JsonRpcMessage, text: string): Promise<void> {
  const { settings, streams } = endpoint;
  if (settings.eventStore !== undefined) {
    return stored(endpoint, STANDALONE, message, text).then((eventId) => {
      const { standalone } = streams;
      if (standalone !== undefined) writeOn(standalone, text, eventId, standalone.isResumable);
    });
  }
  if (streams.standalone === undefined)
    throw new BackchannelError('NO_STREAM', 'the message was not sent: the client holds no standalone stream.');
  streams.standalone.write(eventOf(text));
  return SETTLED;
}

/** The caller may have the message as text already, and then nothing of it is lost. */
function textFor(message: JsonRpcMessage, options: SendOptions | undefined): string {
  const text = options?.['text'];
  return typeof text === 'string' ? text : textOf(message);
}

async function stored(
  endpoint: Endpoint,
  streamId: string,
  message: JsonRpcMessage,
  text: string,
  post?: Post,
): Promise<string> {
  const { settings, replays } = endpoint;
  const eventId = (await settings.eventStore?.storeEvent(streamId, message, text, post)) ?? '';
  for (const replay of replays) replay.stored(streamId, eventId, eventOf(text, eventId));
  return eventId;
}

/** A message for a request that is not answered yet. */
function write(post: Post, id: RequestId, text: string, eventId: string | undefined): void {
  const { stream, isResumable } = post;
  if (stream === undefined) {
    if (eventId === undefined || !isResumable) throw noConnection(id);
    return;
  }
  writeOn(stream, text, eventId, isResumable);
  if (eventId !== undefined) post.isResumable = true;
}

function answer({ streams }: Endpoint, post: Post, id: RequestId, text: string, eventId: string | undefined): void {
  const { stream, json, isResumable } = post;
  const isLast = post.answered(id, json === undefined || json.isOver ? '' : text);
  if (isLast) streams.forget(post);
  if (json !== undefined) {
    if (json.isOver) throw noConnection(id);
    if (isLast) streams.answerInJson(json, post.takeBody());
    else streams.holdForJson(post, json, text);
  } else if (stream !== undefined) {
    writeOn(stream, text, eventId, isResumable, isLast);
  } else if (eventId === undefined || !isResumable) {
    throw noConnection(id);
  }
}

/** @param isResumable the client can come back to the stream: it finds there what is stored and could not be written */
function writeOn(
  stream: EventStream,
  text: string,
  eventId: string | undefined,
  isResumable: boolean,
  isLast = false,
): void {
  // The store may have given the event to a client that has just come back, before it said that the event is stored.
  const isGiven = eventId !== undefined && stream.replayed?.has(eventId) === true;
  const event = isGiven ? '' : eventOf(text, eventId);
  try {
    if (isLast) stream.end(event);
    else if (!isGiven) stream.write(event);
  } catch (error) {
    if (eventId === undefined || !isResumable) throw error;
    return;
  }
  if (eventId !== undefined) stream.isResumable = true;
}

function isAnswerWithoutId({ method, result, error }: JsonRpcMessage): boolean {
  return method === undefined && (result !== undefined || error !== undefined);
}

function noConnection(id: RequestId): Error {
  return new Error(`No connection established for request ID: ${String(id)}`);
}
