import { Observable, type Observer, type OperatorFunction, type Subscription } from 'rxjs';

type OnError = (cause: unknown) => void;

/**
 * An observable of `source` whose subscribers may throw. RxJS would rethrow the error in a timer and end the process.
 * Here the error is handed to `onError`, and the other subscribers go on. The same holds after `pipe()`, and for an
 * operator that fails when its subscriber has no error callback.
 */
export function guarded<T>(source: Observable<T>, onError: OnError): Observable<T> {
  return new GuardedObservable(source, onError);
}

class GuardedObservable<T> extends Observable<T> {
  constructor(
    private readonly guardedSource: Observable<T>,
    private readonly onError: OnError,
  ) {
    super((subscriber) => guardedSource.subscribe(subscriber));
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- `Observable` types it in eleven overloads
  override pipe(...operators: OperatorFunction<any, any>[]): Observable<any> {
    const piped = operators.reduce<Observable<unknown>>((source, operator) => operator(source), this.guardedSource);
    return guarded(piped, this.onError);
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const given = observerFrom(observerOrNext, error, complete);
    // An operator in a user's pipe subscribes with a subscription of its own, which must stay one.
    if ('unsubscribe' in given) return super.subscribe(given);
    return super.subscribe({
      next: (value) => this.#attempt(() => given.next?.(value)),
      error: (cause: unknown) => {
        if (given.error === undefined) this.onError(cause);
        else this.#attempt(() => given.error?.(cause));
      },
      complete: () => this.#attempt(() => given.complete?.()),
    });
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (cause) {
      this.onError(cause);
    }
  }
}

function observerFrom<T>(
  observerOrNext: Partial<Observer<T>> | ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): Partial<Observer<T>> {
  if (typeof observerOrNext === 'object' && observerOrNext !== null) return observerOrNext;
  return { ...(observerOrNext && { next: observerOrNext }), ...(error && { error }), ...(complete && { complete }) };
}
