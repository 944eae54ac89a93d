/** Writes what the server sends: each message on the stream of its request, or on the standalone stream. */
import { BackchannelError } from '../errors.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { SETTLED } from '../settled.js';
import type { SendOptions } from '../transport-like.js';
import type { Endpoint } from './endpoint.js';
import type { EventStream } from './event-stream.js';
import { eventOf } from './events.js';
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
    return sendStandalone(endpoint, message);
  }
  const post = endpoint.streams.of(id);
  if (post === undefined) throw noConnection(id);
  const text = textOf(message);
  const give = (eventId?: string): void => {
    if (isAnswer) answer(endpoint, post, id, text, eventId);
    else write(post, id, text, eventId);
  };
  const { streamId } = post;
  if (streamId !== undefined) return stored(endpoint, streamId, message, text).then(give);
  give();
  return SETTLED;
}

function sendStandalone(endpoint: Endpoint, message: JsonRpcMessage): Promise<void> {
  const { settings, streams } = endpoint;
  const text = textOf(message);
  if (settings.eventStore !== undefined) {
    return stored(endpoint, STANDALONE, message, text).then((eventId) => {
      if (streams.standalone !== undefined) writeOn(streams.standalone, text, eventId);
    });
  }
  if (streams.standalone === undefined)
    throw new BackchannelError('NO_STREAM', 'the message was not sent: the client holds no standalone stream.');
  streams.standalone.write(eventOf(text));
  return SETTLED;
}

async function stored(endpoint: Endpoint, streamId: string, message: JsonRpcMessage, text: string): Promise<string> {
  const { settings, replays } = endpoint;
  const eventId = (await settings.eventStore?.storeEvent(streamId, message, text)) ?? '';
  for (const replay of replays) replay.stored(streamId, eventId, eventOf(text, eventId));
  return eventId;
}

/** A message for a request that is not answered yet. */
function write(post: Post, id: RequestId, text: string, eventId: string | undefined): void {
  const { stream } = post;
  if (stream !== undefined) {
    if (eventId !== undefined) post.isResumable = true;
    writeOn(stream, text, eventId);
  } else if (eventId === undefined || !post.isResumable) throw noConnection(id);
}

function answer({ streams }: Endpoint, post: Post, id: RequestId, text: string, eventId: string | undefined): void {
  const { stream, json } = post;
  const isLast = post.answered(id, json === undefined ? '' : text);
  if (isLast) streams.forget(post);
  if (json !== undefined) {
    if (json.isOver) throw noConnection(id);
    if (isLast) streams.answerInJson(json, post.body);
  } else if (stream === undefined) {
    if (eventId === undefined || !post.isResumable) throw noConnection(id);
  } else if (eventId !== undefined && stream.replayed?.has(eventId) === true) {
    if (isLast) stream.end();
  } else if (isLast) stream.end(eventOf(text, eventId));
  else stream.write(eventOf(text, eventId));
}

/** The store may have given the event to a client that has just come back, before it said that the event is stored. */
function writeOn(stream: EventStream, text: string, eventId: string | undefined): void {
  if (eventId !== undefined && stream.replayed?.has(eventId) === true) return;
  stream.write(eventOf(text, eventId));
  if (eventId !== undefined) stream.isResumable = true;
}

function isAnswerWithoutId({ method, result, error }: JsonRpcMessage): boolean {
  return method === undefined && (result !== undefined || error !== undefined);
}

function noConnection(id: RequestId): Error {
  return new Error(`No connection established for request ID: ${String(id)}`);
}
