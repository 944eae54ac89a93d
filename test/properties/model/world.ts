/** Two wrapped transports side by side, and whoever sends through them. */
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';
import type { SendOptions } from '../../../src/transport-like.js';
import type { Configuration } from './configuration.js';
import { checkAfterSend, predict } from './prediction.js';
import { answers, cancelledBearer, closes, isInFlight, wasCancelled } from './reference.js';
import { Broken, holds, show, type Out, type Req } from './records.js';
import { checkEnd, checkNow, checkSettled } from './invariants.js';
import { Side, type Ends } from './side.js';
import { settled, VirtualClock } from './virtual-clock.js';

/** What a message of the server says of where it belongs. */
export interface Sending {
  readonly related?: RequestId | undefined;
  /** In whose handler it is sent. Nobody's, or that of the handler that runs. */
  readonly within?: Req | undefined;
  readonly session?: string | undefined;
  readonly method?: string;
  readonly params?: object;
  /** It cannot be written as JSON. */
  readonly isUnwritable?: boolean;
}

/** What a handler does while it is called. */
export type Eagerness = 'waits' | 'asks' | 'notifies' | 'answers' | 'throws';

/** What the model does with what a wrapped transport hands over: to the server, and to the transport inside. */
export interface Receivers {
  receiveAtServer(world: World, side: Side, message: JsonRpcMessage, extra: unknown): void;
  receiveAtInner(world: World, side: Side, message: JsonRpcMessage, options: SendOptions | undefined): Promise<void>;
}

export class World {
  readonly clock = new VirtualClock();
  readonly sides: readonly [Side, Side];
  /** The request that is being handed over. */
  arriving: { readonly message: JsonRpcMessage; readonly req: Req; readonly eagerness: Eagerness } | undefined;
  /** The message whose `send()` runs. */
  sending: Out | undefined;
  /** In whose handler the running code works. */
  ambient: Req | undefined;
  innerCalls = 0;
  #broken: Broken | undefined;
  #sends = 0;

  constructor(
    a: Configuration,
    b: Configuration,
    private readonly receivers: Receivers,
  ) {
    this.clock.install();
    const ends: Ends = {
      atServer: (side, message, extra) => {
        this.#watch(() => {
          receivers.receiveAtServer(this, side, message, extra);
        });
      },
      atInner: (side, message, options) => this.#receiveAtInner(side, message, options),
      capture: () => {
        const { ambient } = this;
        return (work) => {
          this.#watch(() => {
            this.onBehalfOf(ambient, work);
          });
        };
      },
    };
    this.sides = [new Side('A', this.clock, a, ends), new Side('B', this.clock, b, ends)];
  }

  #receiveAtInner(side: Side, message: JsonRpcMessage, options: SendOptions | undefined): Promise<void> {
    this.innerCalls += 1;
    try {
      return this.#watch(() => this.receivers.receiveAtInner(this, side, message, options));
    } finally {
      this.innerCalls -= 1;
    }
  }

  nextSend(): number {
    return (this.#sends += 1);
  }

  /** A broken line is told to whoever runs the sequence, and not to the code under test, which would take it for a failure. */
  #watch<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      if (error instanceof Broken) this.#broken ??= error;
      throw error;
    }
  }

  onBehalfOf(req: Req | undefined, work: () => void): void {
    const before = this.ambient;
    this.ambient = req;
    try {
      if (req?.handler === undefined || before === req) work();
      else req.handler.runInAsyncScope(work);
    } finally {
      this.ambient = before;
    }
  }

  /** The request of the other transport in whose handler a request arrives. */
  outerFor(side: Side): Req | undefined {
    let req = withContext(this.ambient);
    while (req !== undefined && (!isInFlight(req) || req.side === side)) req = req.outer;
    return req;
  }

  /** The request of this transport in whose handler the running code works. */
  originFor(side: Side): Req | undefined {
    if (side.config.attribution !== 'context') return undefined;
    let req = withContext(this.ambient);
    while (req !== undefined && req.side !== side) req = req.outer;
    return req;
  }

  // ---- the server sends ----

  ask(side: Side, sending: Sending): void {
    let session: string | undefined;
    this.onBehalfOf(sending.within ?? this.ambient, () => {
      session = this.#sessionFor(side, sending);
    });
    // Of several sessions, one in which nothing is left is forgotten, with all that was cancelled in it.
    if (side.config.kind === 'several' && session !== 'unknown' && sending.related !== undefined) {
      if (wasCancelled(side.factsOf(session), sending.related)) return;
    }
    const id = side.nextQuestionId(session);
    this.#send(side, { jsonrpc: '2.0', id, method: 'elicitation/create', params: {}, ...pick(sending) }, sending);
  }

  notify(side: Side, sending: Sending): void {
    this.#send(side, { jsonrpc: '2.0', method: 'notifications/message', params: {}, ...pick(sending) }, sending);
  }

  answer(side: Side, req: Req, isError: boolean, task: string | undefined, isUnwritable = false): void {
    const { id, session } = req;
    // The id may have been used again since: whoever bears it is answered.
    const bearer = side.factsOf(session).requests.find((other) => isInFlight(other) && other.id === id);
    if (bearer === undefined) {
      const cancelled = cancelledBearer(side.factsOf(session), id);
      // Of several sessions, one in which nothing is left is forgotten, with all that was cancelled in it.
      if (cancelled !== undefined && side.config.kind === 'several' && !hasAsked(side, cancelled)) return;
      this.#response(side, { jsonrpc: '2.0', id, result: {} }, session, cancelled);
      return;
    }
    const more = isUnwritable && !isError ? { value: 1n } : {};
    const result = task === undefined ? { content: [], ...more } : { task: { taskId: task }, ...more };
    const message = isError ? { error: { code: -32000, message: 'failed' } } : { result };
    this.#response(side, { jsonrpc: '2.0', id, ...message }, session, bearer, isError ? undefined : task);
  }

  /** What is neither request, notification nor a response to anything. */
  sendGarbage(side: Side, message: unknown): void {
    const session = side.sessionNamed('a');
    this.#dispatch(side, message as JsonRpcMessage, { marker: this.#sends, session }, { kind: 'garbage', session });
  }

  #response(
    side: Side,
    message: JsonRpcMessage,
    session: string | undefined,
    req: Req | undefined,
    task?: string,
  ): void {
    if (side.isOpen) {
      answers(side.factsOf(session), message.id as RequestId, task);
    }
    const isUnwritable = Object.hasOwn(Object(message.result) as object, 'value');
    this.#dispatch(side, message, { marker: this.#sends, session }, { answers: req, session, isUnwritable });
  }

  #sessionFor(side: Side, { session }: Sending): string | undefined {
    if (side.config.kind !== 'several') return undefined;
    const origin = this.originFor(side);
    // Whose request is over may speak for any session.
    return session ?? (origin !== undefined && isInFlight(origin) ? origin.session : undefined) ?? 'unknown';
  }

  #send(side: Side, message: JsonRpcMessage, sending: Sending): void {
    this.onBehalfOf(sending.within ?? this.ambient, () => {
      const { related, session } = sending;
      const options: SendOptions | undefined =
        related === undefined && session === undefined && this.#sends % 2 === 0
          ? undefined
          : {
              marker: this.#sends,
              ...(related !== undefined && { relatedRequestId: related }),
              ...(session !== undefined && { session }),
            };
      const { isUnwritable = false } = sending;
      this.#dispatch(side, message, options, { session: this.#sessionFor(side, sending), isUnwritable });
    });
  }

  #dispatch(side: Side, message: JsonRpcMessage, options: SendOptions | undefined, more: Partial<Out>): void {
    const origin = this.originFor(side);
    const hasContext = origin !== undefined;
    const out = this.newOut(side, message, options, { ...more, hasContext, nth: this.nextSend() });
    const forecast = predict(side, out, origin);
    const seen = side.events.length;
    const before = this.sending;
    this.sending = out;
    let result: Promise<void>;
    try {
      result = side.transport.send(message, options);
    } finally {
      this.sending = before;
    }
    result.then(
      () => {
        out.status = 'resolved';
      },
      (error: unknown) => {
        out.status = 'rejected';
        if (out.kind === 'request' && out.life === side.life) closes(side.factsOf(out.session), out.message.id);
        out.error = error;
      },
    );
    this.rethrow();
    checkAfterSend(side, out, forecast, side.events.slice(seen));
  }

  newOut(side: Side, message: JsonRpcMessage, options: SendOptions | undefined, more: Partial<Out>): Out {
    const isMethod = typeof message.method === 'string';
    const out: Out = {
      side,
      life: side.life,
      message,
      options,
      kind: isMethod ? (message.id === undefined ? 'notification' : 'request') : 'response',
      nth: 0,
      since: this.clock.now,
      session: undefined,
      answers: undefined,
      hasContext: false,
      named: undefined,
      status: 'pending',
      error: undefined,
      left: 0,
      related: undefined,
      on: undefined,
      waited: false,
      isUnchanged: false,
      isUninferred: false,
      losses: side.connections.losses,
      requestLosses: side.connections.requestLosses,
      isKept: false,
      chosen: undefined,
      target: undefined,
      write: undefined,
      isAbandoned: false,
      isUnwritable: false,
      afterClose: !side.isOpen,
      ...more,
    };
    side.outs.set(message, out);
    return out;
  }

  // ---- time ----

  rethrow(): void {
    const broken = this.#broken;
    this.#broken = undefined;
    if (broken !== undefined) throw broken;
  }

  /** Nothing is left to do until time passes. */
  async settle(): Promise<void> {
    await settled();
    this.rethrow();
    for (const side of this.sides) {
      side.hasFailed = false;
      side.connections.store.settled();
      side.writes = side.writes.filter((write) => !write.isDone);
      checkSettled(side);
      side.own?.check();
    }
    // Our own transports share one that runs for a moment, whatever has become of them.
    const shared = this.sides.some(({ config }) => config.own) ? 1 : 0;
    if (this.sides.every(({ isOpen }) => !isOpen))
      holds(this.clock.pending <= shared, 'C11 no timer is left', () => show(this.clock.pending));
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    const late = this.clock.now + ms - 30_000;
    await this.clock.advance(ms);
    for (const side of this.sides) {
      if (!side.hasStreams) continue;
      // Given up: an answer to such a question is nobody's any more.
      for (const { out, stream, since } of side.writes) {
        if (stream === undefined || since > late || out.kind !== 'request') continue;
        side.questions = side.questions.filter((one) => one.out !== out);
        if (out.life === side.life) closes(side.factsOf(out.session), out.message.id);
      }
      side.writes = side.writes.filter(({ stream, since }) => stream === undefined || since > late);
    }
    await this.settle();
  }

  checkNow(): void {
    this.rethrow();
    for (const side of this.sides) checkNow(side);
  }

  /** Everything ends: what is bounded has settled, and after closing nothing is left. */
  async end(): Promise<void> {
    await this.settle();
    const sends = this.sides.reduce((sum, { outs }) => sum + outs.size, 1);
    for (let round = 0; round < 3; round += 1) await this.pass(31_000 + (round === 0 ? 0 : 2_000));
    for (let waits = 0; waits < sends && this.sides.some(hasQueue); waits += 1) await this.pass(31_000);
    for (const side of this.sides) checkEnd(side);
    for (const side of this.sides) {
      const closing = side.transport.close();
      holds(closing === side.transport.close(), 'C11 close() is idempotent', () => side.name);
      await closing;
    }
    await this.settle();
  }

  async dispose(): Promise<void> {
    // What is shared by all transports of the process waits for its timer.
    await this.clock.advance(20);
    this.clock.uninstall();
  }
}

function hasAsked(side: Side, req: Req): boolean {
  return side.factsOf(req.session).questions.some(({ open, on }) => open && on === req);
}

/** Handlers of a transport without attribution by context run in the context they were called in. */
function withContext(ambient: Req | undefined): Req | undefined {
  let req = ambient;
  while (req !== undefined && req.side.config.attribution !== 'context') req = req.inherited;
  return req;
}

function hasQueue({ outs, hasStreams }: Side): boolean {
  return hasStreams && [...outs.values()].some(({ status }) => status === 'pending');
}

function pick({ method, params, isUnwritable }: Sending): object {
  const written = isUnwritable === true ? { ...params, value: 1n } : params;
  return { ...(method !== undefined && { method }), ...(written !== undefined && { params: written }) };
}
