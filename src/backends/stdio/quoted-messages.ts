import { after } from '../../clock.js';
import { isRequestId, type JsonRpcMessage } from '../../routing/message.js';
import { RecentSet } from '../../routing/recent-set.js';

/** A server that shows a message in a log line sends it at the same time. */
const HOLD_MS = 2_000;

/**
 * Messages that a server wrote to its stdout with other text before them. One that is only shown, because it was sent or
 * received, is dropped: it comes without that text as well, or has been sent to the server. Any other is told.
 */
export class QuotedMessages {
  /** What has gone either way. */
  readonly #known = new RecentSet<string>();
  readonly #held = new Map<string, { readonly message: JsonRpcMessage; readonly cancelTimer: () => void }>();

  constructor(private readonly tell: (message: JsonRpcMessage) => void) {}

  /** This was sent to the server, or came from it as it should. */
  passed(message: JsonRpcMessage): void {
    const key = keyOf(message);
    if (key === undefined) return;
    this.#known.add(key);
    this.#drop(key);
  }

  /** A notification is not worth the risk that it is told twice. */
  hold(message: JsonRpcMessage): void {
    const key = keyOf(message);
    if (key === undefined || this.#known.has(key) || this.#held.has(key)) return;
    const cancelTimer = after(HOLD_MS, () => this.#release(key));
    this.#held.set(key, { message, cancelTimer });
  }

  /** Nothing more will come: what is held is all there is. */
  release(): void {
    for (const key of [...this.#held.keys()]) this.#release(key);
  }

  stop(): void {
    for (const key of [...this.#held.keys()]) this.#drop(key);
  }

  #release(key: string): void {
    const message = this.#held.get(key)?.message;
    this.#drop(key);
    if (message !== undefined) this.tell(message);
  }

  #drop(key: string): void {
    this.#held.get(key)?.cancelTimer();
    this.#held.delete(key);
  }
}

function keyOf({ id, method }: JsonRpcMessage): string | undefined {
  return isRequestId(id) ? JSON.stringify([method ?? null, id]) : undefined;
}
