import type { IncomingMessage, ServerResponse } from 'node:http';
import { onConnectionEnd } from '../streams/connection-end.js';
import type { OtherAnswer, PendingAnswer } from './pending-answer.js';
import { write, type Refusal } from './refusals.js';
import { outsideTheHeap } from './waiting-bytes.js';

/** What is written with the response of a visit, for as long as its connection lives. */
export interface Carried {
  /** The connection has ended. */
  lost(): void;
  /** How many bytes wait in memory before they may be written. */
  readonly heldBytes?: number;
}

let visits = 0;

/** One HTTP request and its response. */
export class Visit {
  /** Later ones have higher numbers. */
  readonly number: number = ++visits;
  /** `undefined`: a body that is written at once. */
  carries: Carried | undefined;
  /** The connection has ended. */
  isOver = false;
  /** Somebody else has answered it. What is written is dropped. */
  isReplaced = false;
  #whenAnswered: (() => void) | undefined;
  #isAnswered = false;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    ended: (visit: Visit) => void,
    private readonly pending: PendingAnswer | undefined,
  ) {
    const over = (): void => {
      this.isOver = true;
      ended(this);
      this.carries?.lost();
      this.answered();
    };
    // The client may have gone while the caller authorized it: `close` was emitted before.
    if (isClosed(response)) over();
    else onConnectionEnd(response, over);
  }

  /** Resolves when the response is complete, or the connection has ended. */
  get done(): Promise<void> {
    if (this.#isAnswered) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenAnswered = resolve;
    });
  }

  /** Nothing more will be written. */
  answered(): void {
    this.#isAnswered = true;
    this.#whenAnswered?.();
  }

  /** A message is to be written. @returns whether it may be */
  begins(): boolean {
    if (this.pending?.isAwaited === true) {
      this.pending.begin();
      this.whenDecided(() => undefined);
    }
    return !this.isReplaced;
  }

  /** Calls `begin` when it is decided that the answer is the transport's. */
  whenDecided(begin: () => void): void {
    if (this.pending?.isAwaited !== true) {
      begin();
      return;
    }
    this.pending.onSettled((other) => {
      if (other === undefined) begin();
      else this.#replace(other);
    });
  }

  #replace({ status, headers, body }: OtherAnswer): void {
    if (this.isReplaced) return;
    this.isReplaced = true;
    this.answer(status, { ...headers, 'content-length': Buffer.byteLength(body) }, body);
  }

  /** Answers with a body, or with none. */
  answer(status: number, headers: Readonly<Record<string, string | number>>, body?: string): void {
    this.response.writeHead(status, headers).end(body && outsideTheHeap(body, this.response));
    this.answered();
  }

  refuse(refusal: Refusal): void {
    write(this.response, refusal);
    this.answered();
  }
}

/** A response of HTTP/2 has no such properties, but its stream does. */
function isClosed(response: ServerResponse & { readonly stream?: { readonly destroyed: boolean } }): boolean {
  return response.closed || response.destroyed || response.stream?.destroyed === true;
}
