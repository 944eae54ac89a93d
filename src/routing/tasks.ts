import { putBounded } from './bounded.js';
import type { RequestId } from './message.js';

/** How many tokens are kept. The bound matters only for a client that creates tasks and never fetches their results. */
const MAX_TOKENS = 1_024;

/** The tasks of a session: their progress tokens, and the requests in flight that wait for their results. */
export class Tasks<T> {
  /** A task reports progress with the token of the call that created it, long after that call was answered. */
  readonly #byToken = new Map<RequestId, string>();
  readonly #awaitedBy = new Map<string, T>();

  /** Whether no unfinished task is known. */
  get isEmpty(): boolean {
    return this.#byToken.size === 0;
  }

  /** A call was answered with a task. */
  created(taskId: string, progressToken: RequestId): void {
    putBounded(this.#byToken, progressToken, taskId, MAX_TOKENS);
  }

  /** The client received the result of a task. */
  finished(taskId: string): void {
    this.#byToken.forEach((task, token, tokens) => {
      if (task === taskId) tokens.delete(token);
    });
  }

  /** A `tasks/result` came in. */
  awaited(taskId: string, by: T): void {
    this.#awaitedBy.set(taskId, by);
  }

  /** A `tasks/result` is over. A later one for the same task may have taken its place. */
  awaitedNoMore(taskId: string, by: T): void {
    if (this.#awaitedBy.get(taskId) === by) this.#awaitedBy.delete(taskId);
  }

  /** The task that a progress token belongs to. */
  ofToken(progressToken: RequestId): string | undefined {
    return this.#byToken.get(progressToken);
  }

  /** The `tasks/result` in flight for a task. */
  resultOf(taskId: string): T | undefined {
    return this.#awaitedBy.get(taskId);
  }
}
