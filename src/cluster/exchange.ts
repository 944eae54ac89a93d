import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { after } from '../clock.js';
import { UNKNOWN_HEADER } from '../inner-headers.js';
import type { Node, Passed, PassedAnswer, PassedRequest } from './cluster.js';
import { isListening } from './is-listening.js';
import { lastEvents, lastWords, lostInFlight, notReached } from './last-words.js';
import { WholeEvents } from '../whole-events.js';
import { endToEnd, joinedValue, valueOf } from './passed-headers.js';
import { requestsIn, Unanswered } from './unanswered.js';

/** How long a node may take to accept a connection. A node on the same network takes less than a millisecond. */
const CONNECT_TIMEOUT_MS = 2_000;

/** What became of a request. `left`: the client did not wait for the answer. */
export type Outcome = 'answered' | 'lost' | 'gone' | 'left';

export interface ExchangeListener {
  /** Nobody listens at the address of the node. */
  refused(): void;
  /** Called once, when nothing more will happen. */
  over(outcome: Outcome): void;
}

/**
 * One request on its way to another node, and the answer on its way back.
 *
 * What was sent may have run, however the connection ends. Only a request that surely did not run is `gone`: clients take
 * that for the end of their session, begin a new one and repeat the request.
 */
export class Exchange {
  /** From now on the request may have reached the node. */
  #isSent = false;
  #isGone = false;
  #isOver = false;
  readonly #unanswered: Unanswered;
  /** Resolves when nothing more will happen. */
  readonly over: Promise<void>;
  #isToldOver!: () => void;

  constructor(
    private readonly request: PassedRequest,
    readonly node: Node,
    private readonly inner: ClientRequest,
    private readonly listener: ExchangeListener,
  ) {
    this.#unanswered = new Unanswered(() => requestsIn(request.body));
    this.over = new Promise((resolve) => {
      this.#isToldOver = resolve;
    });
  }

  /** Whether somebody waits for an answer, and not only for news. */
  get isAwaited(): boolean {
    return !this.#isOver && this.request.method !== 'GET';
  }

  run(): Promise<Passed> {
    const { inner, request } = this;
    return new Promise((resolve) => {
      let hasHead = false;
      const left = (): void => {
        inner.destroy();
        this.#over('left');
        resolve(this.#lastWords());
      };
      inner.on('socket', (socket: Socket) => {
        this.#watchConnect(socket);
      });
      inner.once('response', (response: IncomingMessage) => {
        hasHead = true;
        void this.#answer(response).then(resolve);
      });
      inner.on('error', (error) => {
        // Once the answer has begun, its own end tells.
        if (!hasHead && !this.#isOver) resolve(this.#failed(error));
      });
      request.signal.addEventListener('abort', left, { once: true });
      inner.once('close', () => {
        request.signal.removeEventListener('abort', left);
      });
      if (request.signal.aborted) left();
      else inner.end(request.body);
    });
  }

  /** The node is taken for dead. */
  nodeIsGone(): void {
    this.#isGone = true;
    this.inner.destroy(new Error('the node is gone'));
  }

  /** Packets to it, or from it, are lost. */
  notReached(): void {
    if (!this.#isOver) this.inner.destroy(new Error('the node cannot be reached'));
  }

  #watchConnect(socket: Socket): void {
    if (!socket.connecting) {
      this.#isSent = true;
      return;
    }
    const cancel = after(CONNECT_TIMEOUT_MS, () => {
      if (!this.#isSent) this.inner.destroy(new Error('the node does not accept the connection'));
    });
    socket.once('connect', () => {
      this.#isSent = true;
      cancel();
    });
    socket.once('close', cancel);
  }

  /** The connection has ended, and no answer has begun. */
  #failed(error: Error): Passed {
    const isRefused = !this.#isSent && wasRefused(error);
    if (isRefused) this.listener.refused();
    if (isRefused || (this.#isGone && !this.#isSent)) {
      this.#over('gone');
      return 'gone';
    }
    this.#over('lost');
    return this.#lastWords();
  }

  async #answer(response: IncomingMessage): Promise<Passed> {
    const { statusCode: status = 0, rawHeaders, headers } = response;
    if (valueOf(rawHeaders, UNKNOWN_HEADER) !== undefined) {
      response.resume();
      this.#over('gone');
      return 'gone';
    }
    const passed = endToEnd(rawHeaders);
    const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
    // A stream of a known length is a short one, whose answer is there already.
    if (isStream && headers['content-length'] === undefined)
      return { status, rawHeaders: passed, body: this.#eventsOf(response) };
    const body = await wholeBody(response);
    if (body === undefined) return this.#isOver ? this.#lastWords() : this.#failed(new Error('the answer broke off'));
    this.#over('answered');
    return { status, rawHeaders: withLength(passed, status, body), body };
  }

  /** The events, as they come. It ends properly, however the connection to the node ends. */
  #eventsOf(response: IncomingMessage): Readable {
    const events = new WholeEvents();
    const body = new Readable({
      read: () => {
        response.resume();
      },
      destroy: (error, callback) => {
        this.#over('left');
        this.inner.destroy();
        callback(error);
      },
    });
    const end = (outcome: Outcome): void => {
      if (this.#isOver) return;
      this.#over(outcome);
      body.push(null);
    };
    response.on('data', (chunk: Buffer) => {
      const whole = events.add(chunk);
      if (whole === undefined) return;
      this.#unanswered.sees(whole);
      if (!body.push(whole)) response.pause();
    });
    response.once('end', () => {
      end('answered');
    });
    response.on('error', () => undefined);
    response.once('close', () => {
      if (!this.#isOver)
        void this.#lastEvents().then((words) => {
          if (words !== '' && !this.#isOver) body.push(words);
          end('lost');
        });
    });
    return body;
  }

  /** A client that can come back, to a node that lives, gets its answer there. It would not come after an error. */
  async #lastEvents(): Promise<string> {
    const { ids, isResumable } = this.#unanswered;
    if (ids.length === 0) return '';
    if (isResumable && !this.#isGone && (await isListening(this.node.address))) return '';
    return lastEvents(ids, this.#reason);
  }

  get #reason(): string {
    return this.#isSent ? lostInFlight(this.node.id) : notReached(this.node.id);
  }

  #lastWords(): PassedAnswer {
    const { method, rawHeaders } = this.request;
    const accept = joinedValue(rawHeaders, 'accept');
    const words = lastWords({ method, accept, ids: this.#unanswered.ids, reason: this.#reason });
    return { ...words, body: Buffer.from(words.body) };
  }

  #over(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.over(outcome);
    this.#isToldOver();
  }
}

/** A host with several addresses refuses if all of them do. */
function wasRefused(error: Error): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(wasRefused);
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}

/** @returns `undefined` if it broke off */
function wholeBody(response: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', () => undefined);
    response.once('close', () => {
      const isWhole = response.complete && response.readableEnded;
      resolve(isWhole ? Buffer.concat(chunks) : undefined);
    });
  });
}

function withLength(rawHeaders: string[], status: number, body: Buffer): string[] {
  const hasNone = status === 204 || status === 304;
  return hasNone ? rawHeaders : [...rawHeaders, 'content-length', String(body.length)];
}
