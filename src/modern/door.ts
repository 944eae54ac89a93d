import { reasonOf } from '../error-answers.js';
import { asError } from '../errors.js';
import { SUBSCRIBE } from '../modern-era.js';
import { isRecord, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { INTERNAL_ERROR } from '../rpc-codes.js';
import type { AnswerWriter } from './answer-writer.js';
import { readEnvelope, type ModernCall } from './envelope.js';
import { Exchange } from './exchange.js';
import type { HeadersToRead } from './header-checks.js';
import type { Host, Post } from './host.js';
import { digestOf, type Digest } from './late-digest.js';
import { listen } from './listen.js';
import { listenFilterIn } from './listening.js';
import type { Fields } from './meta.js';
import { ToolHeaders } from './param-checks.js';
import { NotInitialized, Place, type PooledSession } from './place.js';
import { kindOf, Pool, type Caller, type OpenSession, type PoolOptions } from './pool.js';
import { type ErrorObject, type Refusal } from './refusal.js';
import { handleIn, requestStateOf } from './request-state.js';
import { RoundTeller, type RoundEvent } from './round-events.js';
import { SuspendedCalls } from './suspended-calls.js';
import { discoverResult, modernError } from './to-modern.js';
import { comeBack, unknownCall, type Waiting } from './waiting.js';

/** One POST of a modern client. */
export interface Visit<R> {
  readonly headers: HeadersToRead;
  readonly caller: Caller;
  readonly writer: AnswerWriter;
  readonly post: Post;
  readonly open: OpenSession<R>;
  /**
   * Whether the caller is the user whose session this is, with a newer credential.
   *
   * @returns why not: `'another'`, or the answer of a backend that does not accept the credential
   */
  renew(session: PooledSession): Promise<'renewed' | 'another' | R>;
  /** Answers that no session can be opened. */
  refuse(refusal: R): void;
  /** The call gets an error of ours, and the backend never had it. @param why for people */
  failed(outcome: 'refused' | 'undelivered', why: string): void;
}

export interface DoorOptions<R> extends PoolOptions<R> {
  readonly report: (error: Error) => void;
  readonly onRound: (event: RoundEvent) => void;
  /**
   * The name of this node, by which a client's retry finds back to it. It is known late, and may change. `undefined`:
   * there is one node only
   */
  readonly node: () => string | undefined;
}

/** Serves clients of revision 2026-07-28 with a backend of an earlier one. */
export class ModernDoor<R> {
  readonly #pool: Pool<R>;
  readonly #toolHeaders = new ToolHeaders();
  readonly #suspended = new SuspendedCalls<Place, Waiting>({
    onExpired: ({ call, rounds }) => {
      call.expired();
      rounds.expired();
    },
  });

  constructor(private readonly options: DoorOptions<R>) {
    this.#pool = new Pool(options);
  }

  /** How many calls wait for their clients. */
  get suspended(): number {
    return this.#suspended.size;
  }

  /** How many sessions with the backend calls have now. */
  get leased(): number {
    return this.#pool.used;
  }

  /** Whether this is a retry of a call that waits here. */
  isRetryOf(requestState: string): boolean {
    return this.#suspended.has(handleIn(requestState));
  }

  /** @param text what the message was parsed from, if that is known */
  serve(message: unknown, text: string | undefined, visit: Visit<R>): void {
    const read = readEnvelope(message, visit.headers);
    switch (read.kind) {
      case 'refusal':
        refuse(visit, read);
        return;
      case 'notification':
        // The client ends its calls by closing their streams. There is nothing else to be told.
        visit.writer.end();
        return;
      case 'call':
        this.#call(read, digestOf(message as JsonRpcMessage, text), visit).catch((error: unknown) => {
          this.#failed(read.id, error, visit);
        });
    }
  }

  /** No calls are taken any more, and those that wait for their clients end. */
  close(): void {
    for (const { call } of this.#suspended.close()) call.expired();
  }

  async #call(call: ModernCall, digest: Digest, visit: Visit<R>): Promise<void> {
    const { caller, headers, post, writer } = visit;
    const refusal = this.#toolHeaders.check(kindOf(caller, call), call, headers);
    if (refusal !== undefined) {
      refuse(visit, refusal);
      return;
    }
    if (call.requestState !== undefined || call.inputResponses !== undefined) {
      await this.#goOn(call, digest, visit);
      return;
    }
    const place = this.#pool.take(caller, call, post, visit.open);
    if (!(place instanceof Place)) {
      visit.refuse(place);
      return;
    }
    const initialized = await this.#initialized(place, writer);
    if (initialized === undefined) {
      // The next call finds the session, or what has become of it.
      this.#pool.release(place, caller, true);
      return;
    }
    const host = this.#hostFor(place, initialized, digest, caller);
    switch (call.method) {
      case 'server/discover':
        writer.answer(200, JSON.stringify({ jsonrpc: '2.0', id: call.id, result: discoverResult(initialized) }));
        host.ended('answered');
        return;
      case SUBSCRIBE:
        await this.#listen(call, place, initialized, visit, host);
        return;
      default:
        new Exchange(host, call).begin(writer, post);
    }
  }

  /** @returns `undefined` if the client has left meanwhile */
  async #initialized(place: Place, writer: AnswerWriter): Promise<Fields | undefined> {
    if (writer.isOver) return undefined;
    const left = new Promise<undefined>((resolve) => {
      writer.onGone(() => {
        resolve(undefined);
      });
    });
    try {
      return await Promise.race([place.initialized, left]);
    } catch (error) {
      this.#pool.discard(place);
      throw error;
    }
  }

  async #listen(call: ModernCall, place: Place, { capabilities }: Fields, visit: Visit<R>, host: Host): Promise<void> {
    const { caller, writer } = visit;
    const filter = listenFilterIn(call, isRecord(capabilities) ? capabilities : {});
    if ('kind' in filter) {
      refuse(visit, filter);
      host.ended('answered');
      return;
    }
    const isLent = this.#pool.lend(place, caller);
    const onEnd = (): void => {
      if (isLent) this.#pool.returned(place);
      else host.ended('answered');
    };
    await listen({ call, filter, place, writer, serverInfo: host.serverInfo, onEnd });
  }

  /** A call that is not known is not begun anew: it may have been run already. */
  async #goOn(call: ModernCall, late: Digest, visit: Visit<R>): Promise<void> {
    const { caller, writer } = visit;
    const digest = late();
    const handle = handleIn(call.requestState ?? '');
    const suspended = this.#suspended.take(handle, caller.principal, digest);
    if (suspended !== 'refused') {
      comeBack(suspended, call, visit);
      return;
    }
    const { session: place, principal = '' } = this.#suspended.whose(handle, digest) ?? {};
    const renewed = place === undefined ? 'another' : await visit.renew(place.session);
    if (renewed !== 'another' && renewed !== 'renewed') {
      visit.refuse(renewed);
      return;
    }
    // The session is kept under the old credential, and bound to the newer one.
    if (place !== undefined && renewed === 'renewed') place.isTainted = true;
    // The call goes on waiting for another retry.
    if (writer.isOver) return;
    // Another retry may have been faster.
    const found = renewed === 'renewed' ? this.#suspended.take(handle, principal, digest) : 'refused';
    if (found === 'refused') refuse(visit, unknownCall(call.id));
    else comeBack(found, call, visit);
  }

  #hostFor(place: Place, { serverInfo }: Fields, digest: Digest, caller: Caller): Host {
    const { principal } = caller;
    const rounds = new RoundTeller(() => place.transport.sessionName, this.options.onRound);
    return {
      transport: place.transport,
      serverInfo: isRecord(serverInfo) ? serverInfo : undefined,
      suspend: (waiting, call, requests) => {
        const payload: Waiting = { call: waiting, rounds };
        const suspension = this.#suspended.suspend({ principal, digest: digest(), session: place, payload });
        rounds.asked(call, waiting.id, requests, suspension.state === 'suspended' ? 'asked' : 'refused');
        if (suspension.state === 'refused') return suspension;
        return { state: 'suspended', requestState: requestStateOf(suspension.handle, this.options.node()) };
      },
      listed: (result) => {
        this.#toolHeaders.learn(place.key, result);
      },
      ended: (outcome) => {
        this.#pool.release(place, caller, outcome === 'answered');
      },
    };
  }

  #failed(id: RequestId, thrown: unknown, visit: Visit<R>): void {
    visit.failed('undelivered', reasonOf(thrown));
    if (thrown instanceof NotInitialized) {
      fail(visit.writer, id, modernError(thrown.answer.error as ErrorObject), 200);
      return;
    }
    this.options.report(asError(thrown));
    fail(visit.writer, id, { code: INTERNAL_ERROR, message: 'Internal error' }, 500);
  }
}

function refuse<R>(visit: Visit<R>, { id, error, status, shown = error.message }: Refusal): void {
  visit.failed('refused', shown);
  fail(visit.writer, id, error, status);
}

function fail(writer: AnswerWriter, id: RequestId | null, error: ErrorObject, status: number): void {
  writer.answer(status, JSON.stringify({ jsonrpc: '2.0', id, error }));
}
