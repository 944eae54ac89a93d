/** HTTP exchanges of a client, by `node:http` alone, so that nothing is repaired on the way. */
import { Agent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { textOf } from '../errors.js';
import type { Message } from './messages.js';
import type { Exchange } from './wire.js';

/** A body, or an event, that is longer than this is broken off: no message of the backend comes near. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

export type HeaderFields = Readonly<Record<string, string>>;

/** A refusal, by its HTTP status. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(`HTTP ${String(status)}${text.trim() === '' ? '' : `: ${spokenOf(text).slice(0, 200)}`}`);
  }
}

/** An answer that is no message, such as a page of a web site. */
export class OtherContent extends Error {}

/** What a page says, without its tags. */
function spokenOf(text: string): string {
  const told = text.trim();
  return /^<[!?a-z]/i.test(told)
    ? told
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
    : told;
}

interface Outgoing {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: HeaderFields;
  readonly body?: string;
  readonly onAnswer?: (answer: IncomingMessage) => void;
}

export class HttpExchanges {
  readonly #open = new Set<ClientRequest>();
  readonly #agent: Agent;

  constructor(
    url: string,
    private readonly headers: HeaderFields,
  ) {
    // Its own, so that no connection is shared with another session.
    this.#agent = new (url.startsWith('https:') ? HttpsAgent : Agent)({ keepAlive: true });
  }

  start({ method, url, headers, body, onAnswer }: Outgoing): Exchange {
    const request = url.startsWith('https:') ? requestHttps : requestHttp;
    const outgoing = request(url, { method, agent: this.#agent, headers: { ...this.headers, ...headers } });
    this.#open.add(outgoing);
    outgoing.once('close', () => this.#open.delete(outgoing));
    const begun = settleable();
    const ended = settleable();
    const fail = (error: Error): void => {
      begun.reject(error);
      ended.reject(error);
    };
    outgoing.on('error', fail);
    outgoing.once('response', (answer: IncomingMessage) => {
      answer.on('error', fail);
      const { statusCode = 0 } = answer;
      if (statusCode >= 300) {
        readWhole(answer, (text) => {
          fail(new HttpError(statusCode, text));
        });
        return;
      }
      // Not when it ends: what has come may still be wrong.
      answer.once('close', ended.resolve);
      if (onAnswer === undefined) answer.resume();
      else onAnswer(answer);
      begun.resolve();
    });
    // Whoever waits for an answer hears of it. Nobody has to.
    begun.promise.catch(() => undefined);
    ended.promise.catch(() => undefined);
    outgoing.end(body);
    return { begun: begun.promise, ended: ended.promise, drop: () => void outgoing.destroy() };
  }

  close(): void {
    for (const outgoing of this.#open) outgoing.destroy();
    this.#agent.destroy();
  }
}

/** The text, once it is complete. */
export function readWhole(answer: IncomingMessage, done: (text: string) => void): void {
  let text = '';
  answer.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.length > MAX_CHARACTERS) breakOff(answer, 'the answer is longer than 4 MiB');
  });
  answer.once('end', () => {
    orBreakOff(answer, () => {
      done(text);
    });
  });
}

/** Each event that has data. One without is a keep-alive, or the place from which a stream could be resumed. */
export function readEvents(answer: IncomingMessage, onEvent: (event: string, data: string) => void): void {
  let rest = '';
  const read = (part: string): void => {
    const blocks = (rest + part).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      let event = 'message';
      const data: string[] = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
        else if (line.startsWith('event:')) event = line.slice(6).trim();
      }
      if (data.join('') !== '') onEvent(event, data.join('\n'));
    }
    if (rest.length > MAX_CHARACTERS) throw new Error('an event is longer than 4 MiB');
  };
  answer.setEncoding('utf8').on('data', (part: string) => {
    orBreakOff(answer, () => {
      read(part);
    });
  });
}

export function isEventStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true;
}

/** Ends the exchange of an answer that nobody could read. One without content may be followed by another. */
export function refuseContent(answer: IncomingMessage): void {
  const type = answer.headers['content-type'];
  if (type === undefined) answer.resume();
  else answer.destroy(new OtherContent(`the answer is ${type.slice(0, 50)}, neither JSON nor an event stream`));
}

/** @throws Error if these are no messages: a client could not go on either */
export function messagesIn(text: string): readonly Message[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error(`this is not JSON: ${text.slice(0, 100)}`);
  }
  const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (!messages.every(isMessage)) throw new Error(`this is not a message: ${text.slice(0, 100)}`);
  return messages;
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whatever a proxy sends ends its exchange at most, and not the doctor. */
function orBreakOff(answer: IncomingMessage, read: () => void): void {
  if (answer.destroyed) return;
  try {
    read();
  } catch (error) {
    breakOff(answer, textOf(error));
  }
}

function breakOff(answer: IncomingMessage, reason: string): void {
  answer.destroy(new Error(reason));
}

interface Settleable {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

function settleable(): Settleable {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}
