import type { NotificationMessage } from '../routing/message.js';
import type { InnerTransport } from './inner-transport.js';

/** Asks the backend. Rejects if it refuses. */
type Ask = (method: 'resources/subscribe' | 'resources/unsubscribe', uri: string) => Promise<void>;

type Listener = (change: NotificationMessage) => void;

/** Tells those who listen what changes. */
export class Listeners {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  tell(change: NotificationMessage): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** Tells those who listen to a session what changes in it, and in the lists of all sessions like it. */
export class Changes {
  readonly #own = new Listeners();
  /** How many want to be told of each resource, and what became of the subscription. */
  readonly #subscribed = new Map<string, { count: number; readonly done: Promise<void> }>();

  /**
   * @param lists those who listen to any session of the same user with the same capabilities. Their next call may have
   *   this one. They are told that a list has changed, and nothing else
   */
  constructor(
    transport: InnerTransport,
    private readonly lists: Listeners,
    private readonly ask: Ask,
  ) {
    transport.onChange = (message) => {
      const change = message as NotificationMessage;
      const isOfList = change.method.endsWith('/list_changed');
      (isOfList ? this.lists : this.#own).tell(change);
    };
  }

  listen(listener: Listener): void {
    this.#own.add(listener);
    this.lists.add(listener);
  }

  leave(listener: Listener): void {
    this.#own.delete(listener);
    this.lists.delete(listener);
  }

  /** Subscribes to a resource, unless somebody has already. Rejects if the backend refuses. */
  async subscribe(uri: string): Promise<void> {
    const known = this.#subscribed.get(uri);
    const subscribed = known ?? { count: 0, done: this.ask('resources/subscribe', uri) };
    subscribed.count += 1;
    if (known === undefined) this.#subscribed.set(uri, subscribed);
    try {
      await subscribed.done;
    } catch (error) {
      if (this.#subscribed.get(uri) === subscribed) this.#subscribed.delete(uri);
      throw error;
    }
  }

  /** The last one unsubscribes. */
  unsubscribe(uri: string): void {
    const subscribed = this.#subscribed.get(uri);
    if (subscribed === undefined || --subscribed.count > 0) return;
    this.#subscribed.delete(uri);
    // A backend that is gone has forgotten it anyway.
    this.ask('resources/unsubscribe', uri).catch(() => undefined);
  }
}
