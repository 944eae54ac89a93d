import { asError } from '../errors.js';
import { isMethodMessage, isRecord, isRequestId, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { answerInPlaceOf, errorAnswer } from '../error-answers.js';
import { isMeta } from '../meta.js';
import { detailsOf, isRpcError, LostAnswer } from '../lost-answer.js';
import { onlyMeantBy } from '../long-ids.js';
import { messagesIn } from '../json-messages.js';
import { keepText } from '../original-text.js';
import { withoutNulls } from '../null-for-absent.js';
import { INVALID_REQUEST, PARSE_ERROR } from '../rpc-codes.js';
import type { TransportLike } from '../transport-like.js';
import { Outline } from './outline.js';

/** The longest message, in characters. The SDK has the same limit for stdio. */
export const MAX_MESSAGE: number = 10 * 1_048_576;

/** The rest of an error text about a longer message. */
export function isTooLong(maxMessage: number): string {
  return `is longer than ${maxMessage} characters (--max-message)`;
}

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/** Receives the messages of a backend. */
export interface MessageListener {
  /** How many characters a message may have. */
  readonly maxMessage: number;
  message(message: JsonRpcMessage): void;
  error(error: Error): void;
  /** Tells the backend that its request is not valid: nobody else will answer it. */
  refuse(answer: JsonRpcMessage): void;
}

/** Calls the callbacks of a transport, and sends refusals through it. */
export function listenerOf(transport: TransportLike, maxMessage: number = MAX_MESSAGE): MessageListener {
  return {
    maxMessage,
    message: (message) => transport.onmessage?.(message),
    error: (error) => transport.onerror?.(error),
    refuse: (answer) => {
      // A backend that is gone does not wait for it.
      transport.send(answer).catch(() => undefined);
    },
  };
}

/** For `runInAsyncScope()`, which takes a function without a `this`. */
export function passOn(listener: Pick<MessageListener, 'message'>, message: JsonRpcMessage): void {
  listener.message(message);
}

/**
 * Reads one message, or several, because older servers send batches. An invalid message is reported as a `SyntaxError`,
 * which shows that its sender is alive. If it was meant as an answer, somebody waits for it, so an error answer takes
 * its place.
 */
export function tellMessages(json: string, listener: MessageListener): void {
  const value = parsed(json);
  if (value !== undefined) {
    tellValue(value, listener, json);
    return;
  }
  for (const piece of piecesOf(json)) {
    const one = parsed(piece);
    if (one !== undefined) {
      tellValue(one, listener, piece);
      continue;
    }
    const outline = Outline.of(piece);
    if (outline.isMessage) tellUnreadable(outline, 'is no valid JSON', listener);
    // The parser's own message would quote a piece of the text.
    else listener.error(new SyntaxError(`the backend sent ${piece.length} characters that are no JSON`));
  }
}

/** Some servers begin with a byte order mark, or write several messages in a row. */
function piecesOf(json: string): readonly string[] {
  const pieces: string[] = [];
  let rest = json.replace(/^\ufeff+/, '');
  do {
    const length = new Outline().feed(rest);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length).trim();
  } while (rest !== '');
  return pieces;
}

/**
 * Does the same for parsed JSON.
 *
 * @param text what it was parsed from, if that is known
 */
export function tellValue(value: unknown, listener: MessageListener, text?: string): void {
  try {
    for (const message of exactMessagesIn(value, text)) tellMessage(withoutNulls(message), listener);
  } catch (error) {
    listener.error(asError(error));
  }
}

/** The messages, with their ids and texts as they were written. */
function exactMessagesIn(value: unknown, text: string | undefined): readonly unknown[] {
  return messagesIn(value, text).map(({ message, text: own }) => {
    if (isRecord(message)) keepText(message, own);
    return message;
  });
}

/** Whether a text holds a valid answer to this request. */
export function isAnswerTo(id: RequestId, json: string): boolean {
  return exactMessagesIn(parsed(json), json).some((message: unknown) => {
    const answer = Object(message) as JsonRpcMessage;
    return isSameId(answer.id, id) && (answer.method ?? undefined) === undefined && validAnswer(answer) !== undefined;
  });
}

function isSameId(id: unknown, asked: RequestId): boolean {
  return id === asked || (isRequestId(id) && onlyMeantBy(id, [asked]) === asked);
}

/** The Python SDK uses this id in errors for messages that it could not read. */
const NO_ID_IN_PYTHON = 'server-error';

/** The error in an answer that names no request, because the server could not read the id or did not try to. */
export function namelessErrorIn(json: string): unknown {
  const { jsonrpc, id, error } = Object(parsed(json)) as JsonRpcMessage;
  return isNameless(id) ? validAnswer({ jsonrpc, error })?.error : undefined;
}

/** Whether an answer with this id names no request. */
export function isNameless(id: unknown): boolean {
  return (id ?? NO_ID_IN_PYTHON) === NO_ID_IN_PYTHON;
}

/** Reports a message of which only the outline is known. @param why what is wrong with it */
export function tellUnreadable({ id, isAnswer }: Outline, why: string, listener: MessageListener): void {
  if (isAnswer === false) {
    listener.error(new SyntaxError(`the backend sent a message that ${why}`));
    const error = { code: PARSE_ERROR, message: `The message ${why}` };
    if (id !== undefined) listener.refuse({ jsonrpc: '2.0', id, error });
  } else if (isAnswer === true && id !== undefined) {
    listener.error(new SyntaxError(`the backend sent an answer that ${why}`));
    listener.message(errorAnswer(id, `The backend's answer to this request ${why}`));
  } else {
    listener.error(new LostAnswer(`the backend sent an answer that ${why}`, { about: id }));
  }
}

/** Whether a value is meant as a message, and not as a log line in JSON. */
export function isMeantAsMessage(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isMeantAsMessage);
  if (!isRecord(value)) return false;
  const { jsonrpc, id, method, result, error } = value;
  if (jsonrpc !== undefined) return true;
  const isOne = typeof method === 'string' || isRecord(result) || isRecord(error);
  return isOne && isRequestId(id) && Object.keys(value).every((name) => MEMBERS.has(name));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function tellMessage(value: unknown, listener: MessageListener): void {
  const message = Object(value) as JsonRpcMessage;
  if ((message.method ?? undefined) === undefined) tellAnswer(message, listener);
  else tellQuestion(message, listener);
}

/** Passes on all other members unread. */
function tellQuestion(message: JsonRpcMessage, listener: MessageListener): void {
  const fault = faultIn(message);
  if (fault === undefined) {
    listener.message(message);
    return;
  }
  listener.error(new SyntaxError(`the backend sent a request that is not valid: ${fault}`));
  const error = { code: INVALID_REQUEST, message: `Invalid request: ${fault}` };
  if (isRequestId(message.id)) listener.refuse({ jsonrpc: '2.0', id: message.id, error });
}

function faultIn(message: JsonRpcMessage): string | undefined {
  if (message.jsonrpc !== '2.0') return 'jsonrpc is not "2.0"';
  if (!isMethodMessage(message)) return 'method is no text, or id is neither a text nor a whole number';
  return message.params === undefined || isRecord(message.params) ? undefined : 'params is no object';
}

function tellAnswer(message: JsonRpcMessage, listener: MessageListener): void {
  const answer = validAnswer(message);
  if (answer === undefined) listener.error(notValid(message));
  const told = answer ?? answerInPlaceOf(message);
  if (told !== undefined) listener.message(told);
}

function notValid({ id, result, error }: JsonRpcMessage): Error {
  const text = 'the backend sent an answer that is not valid';
  if (isRequestId(id) || (result === undefined && error === undefined)) return new SyntaxError(text);
  return new LostAnswer(text, detailsOf({ result, error }));
}

/**
 * The answer with exactly the members that belong to it, or nothing if it is not valid. The SDK's transport that faces
 * the client does not recognize any other form as an answer, and would leave the client waiting.
 */
function validAnswer(message: JsonRpcMessage): JsonRpcMessage | undefined {
  const { jsonrpc, id, result, error } = message;
  if (jsonrpc !== '2.0') return undefined;
  const [hasResult, hasError] = [result ?? undefined, error ?? undefined].map((part) => part !== undefined);
  if (hasResult === hasError) return undefined;
  if (hasResult) return isRequestId(id) && isResult(result) ? exactly(message, { jsonrpc, id, result }) : undefined;
  if (!isRpcError(error)) return undefined;
  // A server that could not read a message does not know its id.
  if (id === undefined) return { jsonrpc, error };
  return isRequestId(id) ? exactly(message, { jsonrpc, id, error }) : undefined;
}

/** The very message if it has no other members: its text is known. */
function exactly(message: JsonRpcMessage, wanted: JsonRpcMessage): JsonRpcMessage {
  return Object.keys(message).length === Object.keys(wanted).length ? message : wanted;
}

function isResult(result: unknown): boolean {
  return isRecord(result) && isMeta(result['_meta']);
}
