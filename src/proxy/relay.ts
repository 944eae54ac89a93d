import { debug } from '../debug.js';
import { asError } from '../errors.js';
import { originalText } from '../original-text.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import { answerIn, reasonOf } from '../error-answers.js';
import { Backend } from './backend.js';
import { Calls, takenBackBy } from './calls.js';
import type { SendOptions } from './client-transport.js';
import { startDelivery } from './pending-post.js';
import type { AdoptableSession } from '../cluster/adoptable.js';
import type { LostAnswer } from '../lost-answer.js';
import { LostAnswers } from './lost-answers.js';
import type { OnLeaving } from '../leaving.js';
import { ErrorAnswers } from './own-errors.js';
import { reasonIn } from './event-details.js';
import { Handshake } from './handshake.js';
import { Questions } from './questions.js';
import type { RelayOptions } from './relay-options.js';
import type { RequestInfo } from './request-info.js';

/** Passes messages between a client and its backend, unchanged and with their ids. */
export class Relay {
  readonly #backend: Backend;
  readonly #calls: Calls;
  readonly #lostAnswers: LostAnswers;
  readonly #questions: Questions;
  readonly #handshake: Handshake;
  readonly #errors: ErrorAnswers;
  /** The reason why requests are refused. */
  #refusal: string | undefined;
  #isOver = false;

  constructor(private readonly options: RelayOptions) {
    this.#calls = new Calls(options);
    this.#errors = new ErrorAnswers(
      (answer) => this.#toClient(answer),
      options,
      () => this.#isOver,
    );
    this.#handshake = new Handshake((version) => {
      options.client.setProtocolVersion?.(version);
      this.#backend.agreedOn(version);
    }, options.onInitialized);
    this.#lostAnswers = new LostAnswers(this.#calls, (id, error) => {
      options.events.unanswered(id, 'undelivered', error.message);
      // For a cancelled call, the client gets only what the backend itself sends.
      if (this.#calls.isAwaited(id)) this.#response({ jsonrpc: '2.0', id, error });
      else this.#calls.answeredLate(id);
    });
    this.#questions = new Questions(
      this.#calls,
      options,
      (question) => this.#toClient(question, options.carry.onLeaving(question)),
      (answer) => this.#tellBackend(answer),
    );
    const listener = {
      started: options.onStart,
      received: (message: JsonRpcMessage) => this.#fromBackend(message),
      lost: options.onLost,
      report: options.report,
      polled: (id: RequestId) => {
        if (this.#calls.isDue(id)) options.onPolled(id);
      },
      answerLost: (lost: LostAnswer) => this.#lostAnswers.add(lost),
      isAwaited: () => this.#calls.areAwaited,
    };
    this.#backend = new Backend(options.makeTransport, listener, options.starts);
  }

  /** The version that client and backend agreed on. */
  get protocolVersion(): string | undefined {
    return this.#handshake.protocolVersion;
  }

  /** Whether the backend has yet to answer `initialize`. */
  get isInitializing(): boolean {
    return this.#handshake.pendingId !== undefined;
  }

  /** The server requests that the client has yet to answer. */
  get questions(): Pick<Questions, 'areNone' | 'meantBy'> {
    return this.#questions;
  }

  /** From now on, every request gets an error with this reason. */
  refuse(reason: string): void {
    this.#refusal = reason;
  }

  /** Resolves when the calls in flight are answered and the answers are written. */
  drained(): Promise<void> {
    return this.#calls.drained();
  }

  /** Stops passing on messages. */
  stop(): void {
    this.#isOver = true;
    this.#calls.stop();
    this.#lostAnswers.stop();
  }

  /** Answers every request that the client still waits for. Resolves when the answers are written or take too long. */
  answerPending(reason: string): Promise<void> {
    return this.#errors.answerAll(this.#calls.takeAwaited(), 'session-ended', `The session has ended: ${reason}`);
  }

  /** For its newer tokens, for other nodes that go on with it, and for its end. */
  get backend(): Pick<Backend, 'verify' | 'usePassed' | 'adoptable' | 'leave' | 'close'> {
    return this.#backend;
  }

  /** Goes on with a session that another node began. Rejects if the backend cannot be reached. */
  async restore({ result, backend }: AdoptableSession): Promise<void> {
    this.#handshake.agreeOn(result);
    await this.#backend.restore({ ...backend, protocolVersion: this.protocolVersion ?? '' });
  }

  // ---- client to backend ----

  /** @param post identifies the POST that brought it, if one did */
  fromClient(message: JsonRpcMessage, post?: RequestInfo): void {
    if (isRequest(message)) {
      this.options.events.called(message, post);
      this.#request(message, post);
      return;
    }
    if (isResponse(message)) {
      this.#tellBackend(this.#questions.answered(message));
      return;
    }
    const taken = takenBackBy(message);
    // `initialize` must not be cancelled. Many clients do so after a timeout, and their next attempt takes over the start.
    if (taken !== undefined && taken === this.#handshake.pendingId) return;
    if (taken !== undefined) this.options.events.cancelled(taken, reasonIn(message));
    const isWithdrawn =
      taken !== undefined &&
      this.#calls.takeBack(taken, (hasOwnStream) => {
        this.options.events.unanswered(taken, 'cancelled', undefined);
        this.options.onUnanswered(taken, hasOwnStream);
      });
    if (!isWithdrawn) this.#tellBackend(message);
  }

  #request(message: RequestMessage, post?: object): void {
    const refusal = this.#refusal ?? this.#calls.refusalOf(message);
    if (refusal !== undefined) {
      void this.#errors.answer(message.id, 'refused', refusal);
      return;
    }
    this.#handshake.asked(message);
    const deliver = startDelivery();
    const forward = (): void => {
      deliver(
        (options) => this.#toBackend(message, options),
        (error) => this.#undelivered(message, error),
      );
    };
    this.#calls.add(message, forward, post);
  }

  #undelivered({ id, method }: RequestMessage, error: unknown): void {
    const answer = answerIn(error, id);
    if (answer !== undefined) this.#response(answer);
    const reason = `the backend did not take it: ${reasonOf(error)}`;
    if (this.#backend.isSessionUnknown(error, answer !== undefined)) {
      // The transport has reported the answer, but not that it ends the session.
      this.#backend.lost(`the backend does not know its session any more: ${reasonOf(error)}`);
    } else if (answer === undefined && method === 'initialize') {
      this.#backend.lost(reason, error);
    } else if (answer === undefined && this.#calls.isAwaited(id)) {
      this.#calls.settle(id, this.#errors.answer(id, 'undelivered', `The request was not forwarded: ${reason}`));
    }
  }

  /** Sends a message that needs no answer. */
  #tellBackend(message: JsonRpcMessage): void {
    this.#lostAnswers.told();
    startDelivery()(
      (options) => this.#toBackend(message, options),
      (error) => {
        // When the session ends, failed sends are expected.
        if (!this.#isOver) this.options.report(asError(error));
      },
    );
  }

  #toBackend(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    const { carry } = this.options;
    const carried = carry.toBackend(message);
    const sent = carry.sending(message, () => this.#backend.send(carried, options));
    return this.#handshake.sent(message, sent);
  }

  // ---- backend to client ----

  #fromBackend(message: JsonRpcMessage): void {
    if (isResponse(message)) {
      const id = this.#calls.meantBy(message.id);
      this.#response(id === message.id ? message : { ...message, id });
    } else {
      this.#lostAnswers.addNameless(message);
      this.#calls.onBehalfOfCurrent(() => {
        this.#serverInitiated(message);
      });
    }
  }

  #response(message: JsonRpcMessage & { readonly id: RequestId }): void {
    const answersInitialize = message.id === this.#handshake.pendingId;
    if (answersInitialize) {
      this.#handshake.answered(message);
    }
    if (!this.#calls.isDue(message.id)) {
      this.#calls.answeredLate(message.id);
      debug.proxy('the backend answers %o, which nobody awaits', message.id);
      this.#lostAnswers.addNameless(message);
      return;
    }
    this.#lostAnswers.heardOf(message.id);
    this.options.events.answeredCall(message);
    const isOverdue = this.#calls.isOverdue(message.id);
    const written = this.#toClient(message).catch((error: unknown) => {
      // The stream of a call that was cancelled long ago has ended.
      if (!isOverdue) this.options.report(asError(error));
    });
    this.#calls.settle(message.id, written);
    if (answersInitialize && message.error !== undefined)
      this.options.onRefused('the backend refused to initialize it');
  }

  #serverInitiated(message: JsonRpcMessage): void {
    if (isRequest(message)) {
      this.#questions.ask(message);
      return;
    }
    const taken = takenBackBy(message);
    if (taken !== undefined) this.#questions.forget(taken);
    this.options.events.notified(message, this.#calls);
    const heard = this.#lostAnswers.heard(message);
    const sent = this.#toClient(heard, this.options.carry.onLeaving(heard));
    sent.catch((error: unknown) => this.options.report(asError(error)));
  }

  #toClient(message: JsonRpcMessage, onLeaving?: OnLeaving): Promise<void> {
    const text = originalText(message);
    if (onLeaving !== undefined) return this.options.client.send(message, { text, onLeaving });
    return this.options.client.send(message, text === undefined ? undefined : { text });
  }
}
