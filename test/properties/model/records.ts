/** What the model knows: requests, streams and messages, as the protocol sees them. */
import type { AsyncResource } from 'node:async_hooks';
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';
import type { SendOptions } from '../../../src/transport-like.js';
import type { FakeResponse } from '../../support/http-fakes.js';
import type { Configuration } from './configuration.js';
import type { Asked } from './reference.js';

/** The wrapped transport that something belongs to. */
export interface Owner {
  readonly config: Configuration;
}

/** A request of the client. */
export interface Req extends Asked {
  readonly side: Owner;
  readonly life: number;
  readonly session: string | undefined;
  /** In whose handler it came in, on the other transport. */
  readonly outer: Req | undefined;
  /** In whose handler its own runs, where attribution by context is off. */
  readonly inherited: Req | undefined;
  /** The answer to the POST that it came in on. */
  readonly stream: Stream;
  /** Stands for the stream in the order of what is written: requests whose POST was not seen have one each. */
  readonly order: Stream;
  /** The async context of its handler. */
  handler: AsyncResource | undefined;
  /** Its answer was handed to the inner transport: nothing may name it any more. */
  answerLeft: boolean;
}

/** The answer to an HTTP request. */
export class Stream {
  readonly requests: Req[] = [];
  /** How many requests its POST brings. */
  total = 0;
  isSse = false;
  /** The client reads it. */
  isConnected = true;
  /** The client has left the connection on which its requests came in. */
  isLeft = false;
  /** Nothing more will be written on it. */
  isEnded = false;
  /** The `send()` that went here last, of those that did not wait for a stream first. */
  lastSend = 0;
  lastWaited = 0;

  constructor(
    readonly name: string,
    public response: FakeResponse,
    /** There is an event store: the client can come back for what it misses. */
    readonly isResumable: boolean,
  ) {}

  /** What is written here reaches the client, now or later. */
  get isAlive(): boolean {
    return !this.isEnded && (this.isConnected || this.isResumable);
  }
}

/** A message of the server, from `send()` to its end. */
export interface Out {
  readonly side: Owner;
  readonly life: number;
  readonly message: JsonRpcMessage;
  readonly options: SendOptions | undefined;
  readonly kind: 'request' | 'notification' | 'response' | 'garbage';
  /** Which `send()` call it was. */
  readonly nth: number;
  readonly since: number;
  readonly session: string | undefined;
  /** The request that a response answers. */
  readonly answers: Req | undefined;
  /** It was sent on behalf of a request, which may be the reason why it waits. */
  readonly hasContext: boolean;
  /** The request that its explicit id named, in flight and able to take it, when it was sent. */
  named: Req | undefined;
  status: 'pending' | 'resolved' | 'rejected';
  error: unknown;
  /** How often it was handed to the inner transport. */
  left: number;
  /** The id it left with. */
  related: RequestId | undefined;
  /** The stream of the request it left with. */
  on: Stream | undefined;
  /** It has no stream at first. */
  waited: boolean;
  /** It was parked. */
  isKept: boolean;
  /** It was predicted to leave as it came. */
  isUnchanged: boolean;
  /** Nothing was known by which to choose a stream. */
  isUninferred: boolean;
  /** How often the standalone stream had been lost when it was sent. */
  readonly losses: number;
  /** How often the stream of a request had been. */
  readonly requestLosses: number;
  /** It was predicted to go here. */
  target: Stream | undefined;
  /** The request on whose stream it was predicted to go. */
  chosen: Req | undefined;
  write: Write | undefined;
  /** It was answered in the client's place before it was written. */
  isAbandoned: boolean;
  /** It cannot be written as JSON. */
  readonly isUnwritable: boolean;
  /** It was sent when the transport was closed. */
  readonly afterClose: boolean;
}

/** A message in the hands of the inner transport. */
export interface Write {
  readonly out: Out;
  readonly stream: Stream | undefined;
  readonly since: number;
  isDone: boolean;
  readonly finish: ((error?: Error) => void) | undefined;
}

/** A question that reached the inner transport, until the client or somebody in its place answers. */
export interface Question {
  readonly id: RequestId;
  readonly out: Out;
  isAnswered: boolean;
}

/** A broken line of the contract. */
export class Broken extends Error {
  constructor(
    readonly line: string,
    what: string,
  ) {
    super(`${line}: ${what}`);
    this.name = 'Broken';
  }
}

export function holds(condition: boolean, line: string, what: () => string): asserts condition {
  if (!condition) throw new Broken(line, what());
}

export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member));
}
