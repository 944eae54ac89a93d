import { BriefMap } from '../routing/brief-map.js';
import { debug } from '../debug.js';
import { reasonOf, errorAnswer } from '../error-answers.js';
import { BackchannelError } from '../errors.js';
import { onlyMeantBy } from '../long-ids.js';
import type { JsonRpcMessage, RequestId, RequestMessage, ResponseMessage } from '../routing/message.js';
import type { Calls } from './calls.js';
import { tooManyRequests } from './own-answers.js';
import type { SessionEvents } from './session-events.js';

export interface QuestionsOptions {
  readonly maxInFlight: number;
  /** A server request is refused: the backend gets this error. */
  readonly onQuestionRefused: (question: RequestMessage, error: Error) => void;
  readonly events: Pick<SessionEvents, 'asked' | 'answered' | 'unasked' | 'takenBack'>;
}

/** Server requests that the client has not answered. */
export class Questions {
  readonly #methods = new BriefMap<RequestId, string>();

  constructor(
    private readonly calls: Calls,
    private readonly options: QuestionsOptions,
    private readonly toClient: (message: RequestMessage) => Promise<void>,
    private readonly toBackend: (answer: ResponseMessage) => void,
  ) {}

  /** Whether the client has answered all of them. */
  get areNone(): boolean {
    return this.#methods.size === 0;
  }

  ask(question: RequestMessage): void {
    const { id, method } = question;
    const { events } = this.options;
    events.asked(question);
    const refusal = this.#refusalOf(question);
    if (refusal !== undefined) {
      this.options.onQuestionRefused(question, refusal);
      events.unasked(id, refusal.message);
      this.toBackend(errorAnswer(id, refusal.message));
      return;
    }
    this.#methods.set(id, method);
    this.toClient(question).catch((error: unknown) => {
      this.#methods.delete(id);
      events.unasked(id, reasonOf(error));
      this.toBackend(isPingInVain(method, codeOf(error)) ? pong(id) : errorAnswer(id, reasonOf(error)));
    });
  }

  /** The server request that an answer with this id belongs to. The client may have rounded a number that is too long for it. */
  meantBy(id: RequestId): RequestId {
    return this.#methods.has(id) ? id : (onlyMeantBy(id, this.#methods.keys()) ?? id);
  }

  /** The backend cancels a server request. */
  forget(id: RequestId): void {
    this.#methods.delete(id);
    this.options.events.takenBack(id);
  }

  /** @returns the answer for the backend */
  answered(answer: JsonRpcMessage & { readonly id: RequestId }): JsonRpcMessage {
    const method = this.#methods.get(answer.id);
    this.#methods.delete(answer.id);
    const { data } = Object(answer.error) as { readonly data?: unknown };
    // What the wrapper answers for a client that is gone has a code of ours.
    this.options.events.answered(answer, codeOf(data) === undefined ? 'client' : 'proxy');
    return isPingInVain(method, codeOf(data)) ? pong(answer.id) : answer;
  }

  #refusalOf(question: RequestMessage): BackchannelError | undefined {
    if (this.calls.isPointless(question))
      return new BackchannelError('NOT_IN_FLIGHT', 'The client cancelled the call that asks this');
    if (this.calls.isUncertain(question))
      return new BackchannelError(
        'AMBIGUOUS',
        'A call that the client cancelled, and that is not answered, may ask this',
      );
    const { maxInFlight } = this.options;
    return this.#methods.size < maxInFlight
      ? undefined
      : new BackchannelError('TOO_MANY_REQUESTS', tooManyRequests(maxInFlight));
  }
}

/** The client has no open stream, but its session lives. A backend pings only to learn that. */
function isPingInVain(method: string | undefined, code: unknown): boolean {
  return method === 'ping' && (code === 'NO_STREAM' || code === 'ORPHANED');
}

function pong(id: RequestId): ResponseMessage {
  debug.proxy('ping %o of the backend is answered here', id);
  return { jsonrpc: '2.0', id, result: {} };
}

function codeOf(value: unknown): unknown {
  return (Object(value) as { readonly code?: unknown }).code;
}
