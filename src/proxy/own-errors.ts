import { debug } from '../debug.js';
import { endsWithin } from '../ends-within.js';
import { errorAnswer } from '../error-answers.js';
import { asError, textOf } from '../errors.js';
import type { CallOutcome } from '../proxy-events.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { RelayOptions } from './relay-options.js';

/** How long the last answers may take to be written. An event store may be slow. */
const LAST_WORDS_TIMEOUT_MS = 1_000;

/** Errors that the client gets in place of the backend's answers. */
export class ErrorAnswers {
  constructor(
    private readonly toClient: (answer: JsonRpcMessage) => Promise<void>,
    private readonly options: Pick<RelayOptions, 'events' | 'report'>,
    private readonly isOver: () => boolean,
  ) {}

  answer(id: RequestId, outcome: CallOutcome, message: string): Promise<void> {
    this.options.events.unanswered(id, outcome, message);
    return this.toClient(errorAnswer(id, message)).catch((error: unknown) => {
      // A client often goes away before its session ends.
      if (this.isOver()) debug.proxy('nobody is there for the answer to %o: %s', id, textOf(error));
      else this.options.report(asError(error));
    });
  }

  /** Resolves when the answers are written or take too long. */
  async answerAll(ids: readonly RequestId[], outcome: CallOutcome, message: string): Promise<void> {
    if (ids.length === 0) return;
    const answers = ids.map((id) => this.answer(id, outcome, message));
    await endsWithin(LAST_WORDS_TIMEOUT_MS, Promise.all(answers));
  }
}
