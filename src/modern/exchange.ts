import { changedText } from '../changed-text.js';
import { after } from '../clock.js';
import { debug } from '../debug.js';
import { errorAnswer } from '../error-answers.js';
import {
  cancelledIdOf,
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type NotificationMessage,
  type RequestMessage,
} from '../routing/message.js';
import { INTERNAL_ERROR, METHOD_NOT_FOUND } from '../rpc-codes.js';
import type { AnswerWriter } from './answer-writer.js';
import { isInputMethod, missingFor, requiredCapabilities } from './capabilities.js';
import { withoutBody, type ModernCall } from './envelope.js';
import type { Host, Post, Suspended } from './host.js';
import type { LegacyCall } from './call-streams.js';
import { inputRequired, urlRequestsIn, type InputRequest } from './input-required.js';
import type { Fields } from './meta.js';
import { notificationFor } from './notifications.js';
import { missingCapability, type ErrorObject } from './refusal.js';
import { Rounds } from './rounds.js';
import { answersOf, legacyRequest } from './to-legacy.js';
import { modernError, modernResult, statusOfError } from './to-modern.js';
import { declined, isAccepted } from './url-answers.js';

/** The methods whose result may be `input_required`. */
const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** How long to wait for the answer to a cancelled call. Until it is there, its session may still speak on its behalf. */
const CANCELLED_GRACE_MS = 5_000;

/** One call of a modern client, from its first POST to its result. In between, it may be suspended. */
export class Exchange implements LegacyCall, Suspended {
  readonly mayAsk: boolean;
  /** That of the legacy request. */
  id = 0;
  #call: ModernCall;
  /** `undefined`: the call is suspended. */
  #writer: AnswerWriter | undefined;
  readonly #rounds = new Rounds(
    (inputs) => {
      if (this.#writer !== undefined) this.#suspend(inputs, this.#writer);
    },
    (message) => {
      this.#toBackend(message);
    },
  );
  /** The result came while the call was suspended. */
  #held: JsonRpcMessage | undefined;
  /** What the client would have had to declare for the server requests that were refused. */
  readonly #missing: Fields[] = [];
  /** The backend has refused the call until the user has visited these. */
  #urls: ReadonlyMap<string, InputRequest> | undefined;
  #stopTimer: (() => void) | undefined;
  #state: 'open' | 'cancelled' | 'over' = 'open';

  constructor(
    private readonly host: Host,
    call: ModernCall,
  ) {
    this.#call = call;
    this.mayAsk = MAY_ASK.has(call.method);
  }

  /** Sends the call to the backend. */
  begin(writer: AnswerWriter, post: Post): void {
    this.#attach(this.#call, writer);
    if (this.#state === 'open') this.#send(post);
  }

  #send(post: Post): void {
    const id = (this.id = this.host.transport.nextId());
    post.run(() => {
      this.host.transport.begin(legacyRequest(this.#call, id, id), this, post);
    });
  }

  // ---- from the backend ----

  received(message: JsonRpcMessage): void {
    if (this.#state !== 'open') {
      if (isResponse(message)) this.#over('answered');
      if (isRequest(message)) this.#toBackend(errorAnswer(message.id, 'The client has left the call that asks this'));
      return;
    }
    if (isRequest(message)) this.#asked(message);
    else if (isResponse(message)) this.#answered(message);
    else this.#notified(message);
  }

  #asked(request: RequestMessage): void {
    const missing = missingFor(request, this.#call.capabilities);
    if (missing === undefined && isInputMethod(request.method)) {
      this.#rounds.asked(request);
      return;
    }
    if (missing !== undefined) this.#missing.push(missing);
    this.#toBackend({ jsonrpc: '2.0', id: request.id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } });
  }

  #notified(message: JsonRpcMessage): void {
    const id = message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
    if (id !== undefined) this.#rounds.withdrawn(id);
    const told = notificationFor(message as NotificationMessage, this.#call);
    if (told !== undefined && this.#writer !== undefined) this.#writer.event(changedText(told, message));
    else debug.proxy('%o is not told to a modern client', message.method);
  }

  #answered(message: JsonRpcMessage): void {
    this.host.transport.forget(this.id);
    this.#rounds.end();
    if (this.#writer === undefined) this.#held = message;
    else this.#finish(message, this.#writer);
  }

  // ---- to the client ----

  #finish(message: JsonRpcMessage, writer: AnswerWriter): void {
    if (message.error !== undefined) this.#fail(message.error as ErrorObject, message, writer);
    else this.#succeed(isRecord(message.result) ? message.result : {}, message, writer);
  }

  #succeed(given: Fields, message: JsonRpcMessage, writer: AnswerWriter): void {
    const { method } = this.#call;
    const result = modernResult(method, given, this.host.serverInfo);
    if (method === 'tools/list') this.host.listed(result);
    // Backends often tell in a result that they could not ask.
    if (given['isError'] === true && this.#missing.length > 0) this.#refuse(this.#missing, writer);
    else this.#end(writer, 200, { result }, message);
  }

  #fail(error: ErrorObject, message: JsonRpcMessage, writer: AnswerWriter): void {
    const urls = this.mayAsk ? urlRequestsIn(error) : undefined;
    const missing = [...(urls?.values() ?? [])].flatMap((request): readonly Fields[] => {
      const lacks = missingFor(request, this.#call.capabilities);
      return lacks === undefined ? [] : [lacks];
    });
    const lacking = [...this.#missing, ...missing];
    if (lacking.length > 0) this.#refuse(lacking, writer);
    else if (urls === undefined) this.#end(writer, statusOfError(error), { error: modernError(error) }, message);
    else {
      this.#urls = urls;
      this.#suspend(urls, writer);
    }
  }

  #refuse(missing: readonly Fields[], writer: AnswerWriter): void {
    const { status, error } = missingCapability(this.#call.id, requiredCapabilities(missing));
    this.#end(writer, status, { error });
  }

  /** @param original what the answer was made from */
  #end(writer: AnswerWriter, status: number, answer: object, original = answer): void {
    writer.answer(status, this.#text(answer, original));
    this.#over('answered');
  }

  #suspend(requests: ReadonlyMap<string, RequestMessage | InputRequest>, writer: AnswerWriter): void {
    const suspension = this.host.suspend(this, this.#call, [...requests.values()]);
    if (suspension.state === 'refused') {
      const message = 'The client cannot be asked: too many calls wait for their clients already';
      writer.answer(200, this.#text({ error: { code: INTERNAL_ERROR, message } }));
      this.#cancel(message);
      return;
    }
    this.#writer = undefined;
    this.#call = withoutBody(this.#call);
    const result = inputRequired({ requests, requestState: suspension.requestState, serverInfo: this.host.serverInfo });
    writer.answer(200, this.#text({ result }));
  }

  #text(answer: object, original = answer): string {
    return changedText({ jsonrpc: '2.0', id: this.#call.id, ...answer }, original);
  }

  // ---- from the client ----

  #attach(call: ModernCall, writer: AnswerWriter): void {
    this.#call = call;
    this.#writer = writer;
    if (writer.isOver) this.#cancel('the client has left');
    writer.onGone(() => this.#cancel('the client has left'));
  }

  comeBack(call: ModernCall, writer: AnswerWriter, post: Post): void {
    this.#attach(call, writer);
    if (this.#state !== 'open') return;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#finish(held, writer);
    else if (this.#urls !== undefined) this.#visited(this.#urls, writer, post);
    else {
      const goOn = (): void => this.#rounds.cameBack(answersOf(this.#call, this.#rounds.open));
      // No response comes for what the client has answered.
      post.run(goOn, () => this.#cancel('the backend has refused the answers of the client'));
    }
  }

  /** The user was asked to visit pages. Only when all were accepted may the call be tried again. */
  #visited(urls: ReadonlyMap<string, InputRequest>, writer: AnswerWriter, post: Post): void {
    const answers = answersOf(this.#call, urls);
    if ([...urls.keys()].some((key) => answers[key] === undefined)) {
      this.#suspend(urls, writer);
      return;
    }
    this.#urls = undefined;
    this.#rounds.beginAnew();
    if (Object.values(answers).every(isAccepted)) this.#send(post);
    else this.#end(writer, 200, declined(this.#call.method, this.host.serverInfo));
  }

  expired(): void {
    this.#rounds.isExpired = true;
    this.#cancel('the client did not come back');
  }

  #cancel(reason: string): void {
    if (this.#state !== 'open') return;
    const isPending = this.#held === undefined && this.#urls === undefined;
    this.#state = 'cancelled';
    this.#writer = undefined;
    if (!isPending || this.id === 0) {
      this.#over('answered');
      return;
    }
    this.#rounds.end();
    this.#toBackend({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: this.id, reason } });
    this.#stopTimer = after(CANCELLED_GRACE_MS, () => {
      this.#over('unanswered');
    });
  }

  #over(outcome: 'answered' | 'unanswered'): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stopTimer?.();
    this.host.transport.forget(this.id);
    this.host.ended(outcome);
  }

  #toBackend(message: JsonRpcMessage): void {
    // Not while the transport still sends what this reacts to.
    queueMicrotask(() => {
      this.host.transport.feed(message);
    });
  }
}
