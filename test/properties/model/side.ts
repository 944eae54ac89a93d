/** One wrapped transport, the client before it and the server behind it: what is known of them, and their lives. */
import { withBackchannel, type BackchannelOptions, type RouteEvent } from '../../../src/index.js';
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';
import type { MessageHandler, SendOptions, TransportLike } from '../../../src/transport-like.js';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { innerOf } from '../../../src/interceptor/wrapped.js';
import { OwnTransport } from './own-transport.js';
import type { Configuration } from './configuration.js';
import { Connections } from './connections.js';
import { FakeHttp, FakePipe, type InnerModel } from './fake-inner.js';
import { noFacts, type Facts } from './reference.js';
import { holds, type Out, type Question, type Req, type Write } from './records.js';
import type { VirtualClock } from './virtual-clock.js';

/** The ids of the server's questions, the hostile ones first. */
const QUESTION_IDS: readonly RequestId[] = [0, '', '1', 1, '__proto__'];

export type Wrapped = TransportLike & {
  readonly backchannel: ReturnType<typeof withBackchannel>['backchannel'];
  handleRequest?: (...args: unknown[]) => unknown;
};

/** What becomes of a message where the transport hands it over. */
export interface Ends {
  atServer(side: Side, message: JsonRpcMessage, extra: unknown): void;
  atInner(side: Side, message: JsonRpcMessage, options: SendOptions | undefined): Promise<void>;
  /** Does something later as if it were done now: in the handler that runs now. */
  capture(): (work: () => void) => void;
}

export class Side implements InnerModel {
  readonly inner: TransportLike;
  readonly transport: Wrapped;
  readonly own: OwnTransport | undefined;
  readonly connections: Connections;

  life = 1;
  isOpen = true;
  closes = 0;
  facts = new Map<string | undefined, Facts<Req>>();
  readonly requests: Req[] = [];
  readonly outs = new Map<object, Out>();
  questions: Question[] = [];
  /** Those that were answered in the client's place: it may still answer. */
  abandoned: Question[] = [];
  writes: Write[] = [];
  /** Handlers that threw: the wrapper answers for them. */
  readonly failing: { readonly req: Req; readonly nth: number }[] = [];
  /** Inbound messages that must come through, with what came along. */
  readonly expected: { readonly message: JsonRpcMessage; readonly extra: unknown }[] = [];

  isSlow = false;
  failsNext: 'no' | 'rejects' | 'throws' = 'no';
  /** Notifications that were being written when the transport was closed. */
  cutShort = 0;
  /** Questions that were taken back while it was not known where they stood. */
  readonly takenBack = new Set<unknown>();
  /** A question has looked for another stream while it waited for its turn: when it did is not seen from outside. */
  hasRedirected = false;
  /** A write has failed, and whoever waits for it has not heard of it yet. */
  hasFailed = false;
  readonly errors: (Error & { code?: string })[] = [];
  readonly events: RouteEvent[] = [];
  /** What hooks, subscribers and handlers have thrown. */
  readonly thrown: Error[] = [];
  #nextQuestion = new Map<string | undefined, number>();

  constructor(
    readonly name: string,
    readonly clock: VirtualClock,
    readonly config: Configuration,
    private readonly ends: Ends,
  ) {
    this.isSlow = config.startsSlow;
    this.connections = new Connections(this);
    if (config.own) {
      const { json } = config;
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => 'session',
        enableJsonResponse: json,
        backchannel: this.#options(),
      });
      this.own = new OwnTransport(transport, this);
      this.inner = innerOf(transport as TransportLike);
      this.transport = transport as unknown as Wrapped;
    } else {
      this.inner = config.kind === 'pipe' ? new FakePipe(this) : new FakeHttp(this, config.resumesWhenHandled);
      this.transport = withBackchannel(this.inner, this.#options());
    }
    this.transport.onerror = (error) => {
      this.errors.push(error);
      // The only one of which nobody can be told.
      if (config.hostile) throw new Error('a hostile onerror');
    };
    this.transport.onclose = () => {
      this.closes += 1;
      if (config.hostile) this.throws('onclose');
    };
    const onmessage: MessageHandler = (message, extra) => {
      ends.atServer(this, message, extra);
    };
    this.transport.onmessage = onmessage;
    this.#watch();
  }

  get hasStreams(): boolean {
    return this.config.kind !== 'pipe';
  }

  /** What comes in is handled in the very context in which it arrives. */
  get inheritsContext(): boolean {
    return this.config.kind === 'unwatched' || this.config.kind === 'pipe';
  }

  /** Nothing is inferred. */
  get isModern(): boolean {
    return this.config.modern && this.config.kind !== 'several';
  }

  get isWatched(): boolean {
    return this.config.kind === 'watched';
  }

  /** Where it is not known which stream a message goes on, nor is it which it must wait for. */
  get isStoreSlow(): boolean {
    const { kind, store, slowStore, reusesIds } = this.config;
    return store && slowStore && (kind === 'watched' || kind === 'several') && !reusesIds;
  }

  sessionNamed(name: string | undefined): string | undefined {
    return this.config.kind === 'several' ? name : undefined;
  }

  factsOf(session: string | undefined): Facts<Req> {
    let facts = this.facts.get(session);
    if (facts === undefined) {
      facts = noFacts();
      this.facts.set(session, facts);
    }
    return facts;
  }

  /** The id of a request that comes in: one that is not in use, unless the client does not care. */
  idFor({ id, session }: { readonly id: RequestId; readonly session: string }): RequestId {
    const isUsed = this.requests.some(
      (req) => req.id === id && req.life === this.life && req.session === this.sessionNamed(session) && !req.answerLeft,
    );
    return isUsed && !this.config.reusesIds ? `request ${this.requests.length}` : id;
  }

  nextQuestionId(session: string | undefined): RequestId {
    const nth = this.#nextQuestion.get(session) ?? 0;
    this.#nextQuestion.set(session, nth + 1);
    return QUESTION_IDS[nth] ?? `question ${nth}`;
  }

  /** Whether what waits, or was sent once more, makes it unknown where things stand. */
  get isUncertain(): boolean {
    if (this.hasFailed || this.hasRedirected || this.config.reusesIds || this.isModern) return true;
    const isBusy = this.writes.length > 0 || this.connections.store.isRead;
    for (const out of this.outs.values()) {
      const isGivenUp = out.status === 'rejected' && out.chosen?.lost === true;
      if (out.kind === 'request' && isGivenUp && out.left === 0 && out.life === this.life) return true;
      if (out.kind !== 'request' || out.status !== 'pending' || out.left > 0 || out.life !== this.life) continue;
      if (!out.waited || isBusy) return true;
    }
    return false;
  }

  /** Throws as somebody's code does that is called back. */
  throws(name: string): never {
    const error = new Error(`a hostile ${name}`);
    this.thrown.push(error);
    throw error;
  }

  // ---- what the transport inside does ----

  capture(): (work: () => void) => void {
    return this.ends.capture();
  }

  sent(message: JsonRpcMessage, options: SendOptions | undefined): Promise<void> {
    return this.ends.atInner(this, message, options);
  }

  handleRequest(...args: unknown[]): unknown {
    return this.connections.handle(args);
  }

  closing(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  /** The transport is closed, by whomever. */
  end(): void {
    this.connections.closeAll();
    const wasOpen = this.isOpen;
    if (wasOpen) {
      this.isOpen = false;
      for (const facts of this.facts.values()) for (const request of facts.requests) request.state = 'answered';
      this.facts = new Map();
      this.questions = [];
      this.abandoned = [];
      this.cutShort += this.writes.filter(({ isDone, out }) => !isDone && out.kind === 'notification').length;
      this.writes = [];
      this.closes = 0;
    }
    this.inner.onclose?.();
    if (this.config.closesTwice) this.inner.onclose?.();
    if (wasOpen) holds(this.closes === 1, 'C11 onclose fires once', () => `it fired ${this.closes} times`);
  }

  /** Starts again, or hears that the transport has come back by itself. */
  begin(): void {
    if (this.isOpen || this.config.own) return;
    this.isOpen = true;
    this.life += 1;
    this.closes = 0;
    this.hasRedirected = false;
    this.takenBack.clear();
    this.#nextQuestion = new Map();
  }

  // ---- the wrapper ----

  #options(): BackchannelOptions {
    const { kind, json, modeTold, hostile } = this.config;
    const { ambiguous, attribution, parkTimeoutMs, maxParked, orphanTimeoutMs, sessionWide } = this.config;
    return {
      ambiguous,
      attribution,
      parkTimeoutMs,
      maxParked,
      orphanTimeoutMs,
      sessionWide,
      responseMode: modeTold && kind !== 'pipe' ? (json ? 'json' : 'sse') : undefined,
      sessionOf:
        kind === 'several'
          ? (_message, extra) => (extra as { readonly session?: string } | undefined)?.session
          : undefined,
      scopeOf: hostile ? () => this.throws('scopeOf') : undefined,
    };
  }

  /** Subscribes to everything, in each life anew. */
  #watch(): void {
    const { routes$, inbound$, outbound$ } = this.transport.backchannel;
    const throws = (): never => this.throws('subscriber');
    if (this.config.hostile) {
      routes$.subscribe(throws);
      inbound$.subscribe(throws);
      outbound$.subscribe(throws);
    }

    routes$.subscribe({
      next: (event) => this.events.push(event),
      complete: () => {
        this.#watch();
      },
    });
  }
}
