/** The client's HTTP connections, and what the transport inside answers on them. */
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { FakeResponse, JSON_TYPE, nodeRequest, SSE } from '../../support/http-fakes.js';
import { EventStore } from './event-store.js';
import { headersFor, isOfForgotten, writeHead, type Headers } from './heads.js';
import { Stream, type Owner, type Req } from './records.js';
import type { VirtualClock } from './virtual-clock.js';

/** The wrapped transport that the client is connected to. */
export interface Served extends Owner {
  readonly clock: VirtualClock;
  readonly inner: object;
  readonly transport: object;
  readonly hasStreams: boolean;
  readonly isStoreSlow: boolean;
}

/** What a POST brings, and what its handler does at once. */
export interface Incoming {
  readonly message: JsonRpcMessage;
  readonly deliver: (stream: Stream) => void;
}

export class Connections {
  readonly posts: Stream[] = [];
  readonly gets: Stream[] = [];
  /** The stream on which the transport writes what has no related id. */
  standalone: Stream | undefined;
  /** The same, as far as it can be known from outside. */
  standaloneKnown: Stream | undefined;
  /** The client has opened it at least once. */
  wasStandaloneKnown = false;
  /** When its first request came in. */
  begunAt: number | undefined;
  /** The client has lost it, and can resume it: notifications are stored for it there. */
  isStored = false;
  /** Stands for the standalone stream in the order of what is written. */
  channel: Stream;
  /** Of several sessions each has its own. */
  readonly #channels = new Map<string, Stream>();
  /** How often the standalone stream was lost, or first known not to be there: what waited for it looks for another. */
  losses = 0;
  /** How often the stream of a request was lost. */
  requestLosses = 0;
  answersSeen: 'sse' | 'json' | undefined;
  /** The wrapper has seen a `handleRequest` since the transport was started. */
  isSeen: boolean;
  /** Connections that are there. */
  open = 0;
  lastContact = 0;
  /** Where it is slow: what it is asked for. */
  readonly store: EventStore;
  #next = 1;

  constructor(readonly side: Served) {
    this.isSeen = side.config.own;
    this.store = new EventStore(side.clock, side.config.kind === 'several');
    this.channel = this.#stream(new FakeResponse());
  }

  /** The client sends a POST. */
  post(incoming: readonly Incoming[]): void {
    if (this.side.config.kind === 'pipe') {
      for (const { deliver } of incoming) deliver(this.#stream(new FakeResponse()));
      return;
    }
    this.#call('POST', {}, incoming);
  }

  get(resumes?: Stream, isForgotten = false): void {
    this.#call('GET', headersFor(resumes, isForgotten), resumes);
  }

  #call(method: string, headers: Headers, what: unknown): void {
    const { side } = this;
    const response = new FakeResponse();
    const handles = side.config.kind === 'unwatched' ? side.inner : side.transport;
    this.open += 1;
    this.lastContact = side.clock.now;
    if (side.config.kind !== 'unwatched') {
      if (!this.isSeen) this.losses += 1;
      this.isSeen = true;
    }
    const { handleRequest } = handles as { handleRequest: (...args: unknown[]) => unknown };
    handleRequest.call(handles, nodeRequest(method, headers), response, what);
  }

  /** The transport inside is handed an HTTP request. */
  handle([request, response, what]: unknown[]): unknown {
    const { method, headers } = request as { readonly method: string; readonly headers: Headers };
    if (method === 'GET') {
      const resumes = what as Stream | undefined;
      if (resumes !== undefined && this.side.isStoreSlow)
        return this.#readStore(response as FakeResponse, resumes, headers);
      this.answerGet(response as FakeResponse, resumes);
      return Promise.resolve();
    }
    this.#answerPost(response as FakeResponse, what as readonly Incoming[]);
    return Promise.resolve();
  }

  /** The transport asks its event store. @returns when it has dealt with the GET */
  #readStore(response: FakeResponse, resumes: Stream, headers: Headers): Promise<void> {
    const post = this.postOf(resumes);
    const since = this.side.clock.now;
    const isOfUnknownEvent = isOfForgotten(headers);
    if (this.side.config.resumesWhenHandled) writeHead(response);
    return new Promise((handled) => {
      this.store.begins({ resumes, post, response, since, isOfUnknownEvent, handled, isOfClosedLife: false });
    });
  }

  #answerPost(response: FakeResponse, incoming: readonly Incoming[]): void {
    const { json, headFirst } = this.side.config;
    const requests = incoming.filter(({ message }) => message.method !== undefined && message.id !== undefined);
    const asks = requests.length > 0;
    const stream = this.#stream(response, !json);
    stream.total = requests.length;
    this.posts.push(stream);
    if (!asks) response.writeHead(202);
    if (asks && headFirst && !json) this.#head(stream);
    for (const { deliver } of incoming) deliver(stream);
    if (!asks) this.#finish(stream);
    else if (!json && !stream.isSse && !stream.isEnded) this.#head(stream);
  }

  #head(stream: Stream): void {
    stream.isSse = true;
    for (const request of stream.requests) request.streaming = this.side.config.kind !== 'unwatched';
    if (stream.requests.length > 0 && this.isSeen) this.answersSeen = 'sse';
    stream.response.writeHead(200, SSE);
    this.prime(stream);
  }

  /** The client has a stream from now on, or is refused. */
  answerGet(response: FakeResponse, resumes: Stream | undefined): void {
    if (resumes !== undefined && this.posts.includes(resumes)) {
      resumes.response = response;
      resumes.isConnected = true;
      writeHead(response);
      this.prime(resumes);
      if (resumes.isEnded) this.#finish(resumes);
      return;
    }
    if (this.standalone?.isConnected === true && !this.side.config.replacesGet) {
      this.refuse(response);
      return;
    }
    const stream = this.#stream(response, true);
    stream.isSse = true;
    this.gets.push(stream);
    this.standalone = stream;
    const know = (): void => {
      if (!stream.isConnected || stream.isEnded || !this.isSeen) return;
      this.standaloneKnown = stream;
      this.wasStandaloneKnown = true;
      this.isStored = false;
    };
    // Some transports know the stream only after they have written its head.
    if (this.side.config.own) know();
    else queueMicrotask(know);
    writeHead(response);
    this.prime(stream);
  }

  refuse(response: FakeResponse): void {
    writeHead(response, 409);
    response.end();
    this.gone(response);
  }

  #stream(response: FakeResponse, isSse = false): Stream {
    return new Stream(`stream ${this.#next++}`, response, isSse && this.side.config.store);
  }

  /** The {@link channel} of a session. */
  channelOf(session: string | undefined): Stream {
    if (session === undefined || session === 'unknown') return this.channel;
    const channel = this.#channels.get(session) ?? this.unseen();
    this.#channels.set(session, channel);
    return channel;
  }

  /** Which POST's stream has this order; what has no stream at all counts as of the standalone stream. */
  readonly postOf = (order: Stream): Stream | undefined => this.posts.find((post) => post === order);

  /** A stream that nobody outside knows. */
  unseen(): Stream {
    return this.#stream(new FakeResponse());
  }

  prime(stream: Stream, response = stream.response): void {
    if (stream.isResumable) response.write(`id: ${stream.name}.0\ndata: \n\n`);
  }

  /** All requests of a POST are answered, if this was the last. */
  answered(request: Req): void {
    const { stream } = request;
    if (stream.isEnded || !this.side.hasStreams) return;
    if (stream.requests.filter(({ answerLeft }) => answerLeft).length < stream.total) return;
    if (this.side.config.json) {
      for (const one of stream.requests) one.streaming = false;
      if (this.isSeen && stream.isConnected) this.answersSeen = 'json';
      if (stream.isConnected) stream.response.writeHead(200, JSON_TYPE);
    }
    this.#finish(stream);
  }

  #finish(stream: Stream): void {
    stream.isEnded = true;
    if (!stream.isConnected) return;
    stream.response.end();
    this.disconnect(stream);
  }

  /** The connection of a stream is gone. */
  disconnect(stream: Stream): void {
    if (!stream.isConnected) return;
    stream.isConnected = false;
    stream.isLeft = true;
    if (this.standaloneKnown === stream) {
      this.standaloneKnown = undefined;
      this.isStored = stream.isResumable;
      this.losses += 1;
    }
    if (!stream.isResumable && this.side.config.kind !== 'unwatched') {
      this.requestLosses += 1;
      for (const request of stream.requests) request.lost = true;
    }
    this.gone(stream.response);
  }

  gone(response: FakeResponse): void {
    this.open -= 1;
    this.lastContact = this.side.clock.now;
    response.disconnect();
  }

  closeAll(): void {
    for (const stream of [...this.posts.splice(0), ...this.gets.splice(0)]) this.#finish(stream);
    for (const { response, isOfClosedLife } of this.store.readings)
      if (!response.closed && !isOfClosedLife) this.open -= 1;
    this.store.close();
    this.standalone = this.standaloneKnown = this.answersSeen = this.begunAt = undefined;
    this.isSeen = this.isStored = this.wasStandaloneKnown = false;
    this.channel = this.#stream(new FakeResponse());
    this.#channels.clear();
  }
}
