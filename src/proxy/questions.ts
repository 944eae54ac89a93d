import { debug } from '../debug.js';
import { errorAnswer, reasonOf } from '../error-answers.js';
import { BackchannelError } from '../errors.js';
import type { JsonRpcMessage, RequestId, RequestMessage, ResponseMessage } from '../routing/message.js';
import type { Calls } from './calls.js';
import { tooManyRequests } from './own-answers.js';

export interface QuestionsOptions {
  readonly calls: Pick<Calls, 'isPointless' | 'isUncertain'>;
  /** How many of them may be open at once. */
  readonly maxInFlight: number;
  readonly toClient: (message: JsonRpcMessage) => Promise<void>;
  /** Answers the backend in the place of the client. */
  readonly answer: (answer: JsonRpcMessage) => void;
  /** A question gets no further: it is answered with this error. */
  readonly onRefused: (question: RequestMessage, error: Error) => void;
}

/** The requests of a backend that its client is to answer. */
export class Questions {
  /** The methods of those that are open. */
  readonly #open = new Map<RequestId, string>();

  constructor(private readonly options: QuestionsOptions) {}

  ask(question: RequestMessage): void {
    const { id, method } = question;
    const { toClient, answer, onRefused } = this.options;
    const refusal = this.#refusalOf(question);
    if (refusal !== undefined) {
      onRefused(question, refusal);
      answer(errorAnswer(id, refusal.message));
      return;
    }
    this.#open.set(id, method);
    toClient(question).catch((error: unknown) => {
      this.#open.delete(id);
      if (method === 'ping' && isWithoutStream(error)) this.#answerPing(id);
      else answer(errorAnswer(id, reasonOf(error)));
    });
  }

  /** The client has answered. @returns whether the answer is for the backend */
  answered(answer: ResponseMessage): boolean {
    const method = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if (method !== 'ping' || !isFromNobody(answer)) return true;
    this.#answerPing(answer.id);
    return false;
  }

  /** The backend has taken one back. */
  withdrawn(id: RequestId): void {
    this.#open.delete(id);
  }

  /** The client holds no stream just now. Its session lives, and that is what the backend asks. */
  #answerPing(id: RequestId): void {
    debug.proxy('ping %o of the backend is answered here: the client holds no stream', id);
    this.options.answer({ jsonrpc: '2.0', id, result: {} });
  }

  #refusalOf(question: RequestMessage): BackchannelError | undefined {
    const { calls, maxInFlight } = this.options;
    if (calls.isPointless(question))
      return new BackchannelError('NOT_IN_FLIGHT', 'The client cancelled the call that asks this');
    if (calls.isUncertain(question))
      return new BackchannelError(
        'AMBIGUOUS',
        'A call that the client cancelled, and that is not answered, may ask this',
      );
    return this.#open.size < maxInFlight
      ? undefined
      : new BackchannelError('TOO_MANY_REQUESTS', tooManyRequests(maxInFlight));
  }
}

/** Whether a message was not sent because the client holds no stream. */
function isWithoutStream(error: unknown): boolean {
  return error instanceof BackchannelError && error.code === 'NO_STREAM';
}

/** Whether this stands in for the answer of a client that left before it answered. */
function isFromNobody({ error }: JsonRpcMessage): boolean {
  return (error as { readonly data?: { readonly code?: unknown } } | undefined)?.data?.code === 'ORPHANED';
}
