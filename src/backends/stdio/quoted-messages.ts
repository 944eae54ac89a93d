import { after } from '../../clock.js';
import { isRequestId, type JsonRpcMessage } from '../../routing/message.js';
import { RecentSet } from '../../routing/recent-set.js';

/** A server that logs a message sends it at about the same time, so we wait this long for it. */
const HOLD_MS = 2_000;

/**
 * Holds messages that a server wrote to its stdout with other text before them. Such a message may be a log line. If
 * the same message also comes without that text, or was sent to the server, the held one is dropped. Otherwise it is
 * passed on.
 */
export class QuotedMessages {
  /** The keys of the messages that were sent in either direction. */
  readonly #known = new RecentSet<string>();
  readonly #held = new Map<string, { readonly message: JsonRpcMessage; readonly cancelTimer: () => void }>();

  constructor(private readonly tell: (message: JsonRpcMessage) => void) {}

  /** The message was sent to the server, or came from it without other text. */
  passed(message: JsonRpcMessage): void {
    const key = keyOf(message);
    if (key === undefined) return;
    this.#known.add(key);
    this.#drop(key);
  }

  /** Drops a notification, because it has no id by which a second copy could be recognized. */
  hold(message: JsonRpcMessage): void {
    const key = keyOf(message);
    if (key === undefined || this.#known.has(key) || this.#held.has(key)) return;
    const cancelTimer = after(HOLD_MS, () => this.#release(key));
    this.#held.set(key, { message, cancelTimer });
  }

  /** Nothing more will come, so the held messages are passed on. */
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
