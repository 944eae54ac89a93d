/**
 * Our own transport in the place of the wrapper and the transport inside. The model hears of each request at the moment
 * at which the transport hands it over, and of each message at the moment at which it is to be written.
 */
import type { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import type { BareTransport } from '../../../src/http/bare-transport.js';
import { innerOf } from '../../../src/interceptor/wrapped.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import type { FakeResponse } from '../../support/http-fakes.js';
import { requestOf, WrittenResponse } from '../../support/own-http.js';
import type { Connections, Incoming } from './connections.js';
import type { InnerModel } from './fake-inner.js';
import { holds, type Out, type Stream } from './records.js';

/** The side of the model that the transport belongs to. */
interface OwnSide extends InnerModel {
  readonly config: { readonly json: boolean };
  readonly connections: Connections;
  readonly outs: ReadonlyMap<object, Out>;
  end(): void;
  capture(): (work: () => void) => void;
}

export class OwnTransport {
  readonly #bare: BareTransport;
  /** What is really written, for each response that the model knows of. */
  readonly #real = new Map<FakeResponse, WrittenResponse>();
  readonly #written: string[] = [];
  /** What was written in this tick: it leaves at its end. */
  #thisTick: string[] = [];
  /** It may have been on its way to a connection that ended in the same tick. */
  readonly #lost: string[] = [];
  #isClosing = false;

  constructor(
    transport: StreamableHTTPServerTransport,
    private readonly side: OwnSide,
  ) {
    this.#bare = innerOf<object>(transport) as BareTransport;
    void this.#bare.initialize();
    const bare = this.#bare;
    const [send, close] = [bare.send.bind(bare), bare.close.bind(bare)];
    const handleRequest = bare.handleRequest.bind(bare);
    this.#bare.send = (message, options) => {
      // What the model throws is thrown on, and nothing is written then.
      void side.sent(message, options);
      return this.#sees(message, send(message, options));
    };
    this.#bare.close = async () => {
      this.#isClosing = true;
      side.end();
      await close();
    };
    this.#bare.handleRequest = async (request, shadow, what) => {
      const { method = '' } = request;
      const given = shadow as unknown as FakeResponse;
      const real = this.#responseFor(given);
      if (method === 'GET') side.connections.answerGet(given, undefined);
      const body = method === 'GET' ? undefined : this.#expects(given, what as readonly Incoming[]);
      return handleRequest(requestOf(method) as never, real as never, body);
    };
  }

  closesByItself(): void {
    void this.#bare.close();
  }

  /** All that was to be written was written, once, and what is over has ended. */
  check(): void {
    const texts = [...this.#real.values()].map(({ text }) => text).join('\n');
    for (const text of new Set(this.#written)) {
      const times = this.#written.filter((one) => one === text).length;
      const found = texts.split(`data: ${text}\n`).length - 1;
      const lost = this.#lost.filter((one) => one === text).length;
      if (!this.side.config.json)
        holds(
          found <= times && found >= times - lost,
          'C4 what leaves is written once',
          () => `${found}/${times} ${text}`,
        );
    }
    for (const stream of [...this.side.connections.posts, ...this.side.connections.gets]) this.#checkEnd(stream);
  }

  #checkEnd({ response, isEnded, isLeft, isConnected, name }: Stream): void {
    const real = this.#real.get(response);
    if (real === undefined) return;
    const isOver = isEnded || isLeft;
    holds(real.isEnded || real.closed || !isOver, 'C5 a stream ends with its last answer', () => name);
    holds(!real.isEnded || isOver || !isConnected, 'C5 no stream ends before its last answer', () => name);
  }

  /** Of an answer there may be nobody to take it. What the server itself sends is written, or was not sent here. */
  #sees(message: JsonRpcMessage, real: Promise<void>): Promise<void> {
    if (typeof message.method !== 'string' || this.side.outs.get(message)?.kind === 'garbage') return real;
    const text = JSON.stringify(message);
    this.#written.push(text);
    if (this.#thisTick.push(text) === 1) process.nextTick(() => (this.#thisTick = []));
    return real;
  }

  /** What the client sees: a connection that it drops is dropped, and one that is ended is at its end. */
  #responseFor(shadow: FakeResponse): WrittenResponse {
    const { connections } = this.side;
    const real = new WrittenResponse();
    const mine = (): Stream | undefined =>
      [...connections.posts, ...connections.gets].find(({ response }) => response === shadow);
    this.#real.set(shadow, real);
    shadow.once('close', () => {
      if (real.isEnded || this.#isClosing || mine()?.isEnded === true) return;
      this.#lost.push(...this.#thisTick);
      real.disconnect();
    });
    real.once('close', () => {
      const stream = mine();
      if (stream !== undefined) connections.disconnect(stream);
      else if (!shadow.closed) connections.gone(shadow);
    });
    return real;
  }

  /** All messages of a POST are handed over in one go. */
  #expects(shadow: FakeResponse, incoming: readonly Incoming[]): readonly JsonRpcMessage[] {
    const messages = incoming.map(({ message }) => message);
    const deliver = this.side.capture();
    const next = this.#bare.handOver.bind(this.#bare);
    let isDone = false;
    const own = (message: JsonRpcMessage, extra: unknown): void => {
      if (!messages.includes(message)) {
        next(message, extra);
        return;
      }
      if (isDone) return;
      isDone = true;
      deliver(() => {
        this.side.connections.handle([{ method: 'POST', headers: {} }, shadow, incoming]);
      });
    };
    this.#bare.handOver = own;
    return messages;
  }
}
