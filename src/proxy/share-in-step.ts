import { Observable, type Subscriber, type Subscription } from 'rxjs';

/**
 * Like `share()`, and all subscribers see the same order. A subscriber may cause another event, which is told at once:
 * the subscribers that have not seen the first one yet see it before that. So whoever tells an event knows that it was
 * seen. A queue would keep the order too, but the event would be seen too late for what its message must carry.
 */
export function shareInStep<T>(source: Observable<T>): Observable<T> {
  const step = new Step<T>();
  let subscription: Subscription | undefined;
  return new Observable((subscriber) => {
    if (step.add(subscriber)) subscription = source.subscribe(step);
    return () => {
      if (step.remove(subscriber)) subscription?.unsubscribe();
    };
  });
}

const NOBODY: readonly never[] = [];

/** The value that is being told, and who has seen it. */
class Step<T> {
  /** Replaced when it changes: whoever comes while a value is told sees the next one. */
  #subscribers: readonly Subscriber<T>[] = NOBODY;
  #value: T | undefined;
  #to: readonly Subscriber<T>[] = NOBODY;
  #seenBy = 0;

  /** @returns whether it is the first */
  add(subscriber: Subscriber<T>): boolean {
    this.#subscribers = [...this.#subscribers, subscriber];
    return this.#subscribers.length === 1;
  }

  /** @returns whether none is left */
  remove(subscriber: Subscriber<T>): boolean {
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    return this.#subscribers.length === 0;
  }

  readonly next = (value: T): void => {
    this.#finish();
    this.#value = value;
    this.#to = this.#subscribers;
    this.#seenBy = 0;
    this.#finish();
    // A message may be large.
    this.#value = undefined;
    this.#to = NOBODY;
  };

  readonly complete = (): void => {
    this.#finish();
    for (const subscriber of this.#subscribers) subscriber.complete();
  };

  readonly error = (cause: unknown): void => {
    for (const subscriber of this.#subscribers) subscriber.error(cause);
  };

  /** Tells the value to whoever has not seen it. */
  #finish(): void {
    while (this.#seenBy < this.#to.length) this.#to[this.#seenBy++]?.next(this.#value as T);
  }
}
