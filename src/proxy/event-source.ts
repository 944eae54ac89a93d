import { Subject, endWith, ignoreElements, merge, takeUntil, type Observable } from 'rxjs';
import { guarded } from '../interceptor/guarded.js';
import type { ProxyEvent } from '../proxy-events.js';
import { OpenCalls, type OpenCall } from './open-calls.js';
import { shareInStep } from './share-in-step.js';
import { withWaits } from './waits.js';

/** Where the events of a proxy come together. An event that nobody sees is not made. */
export class EventSource {
  readonly #told = new Subject<ProxyEvent>();
  readonly #calls = new OpenCalls();

  /** Whether anybody would see an event. */
  get isWatched(): boolean {
    return this.#told.observed;
  }

  tell(event: ProxyEvent): void {
    this.#told.next(event);
  }

  /**
   * Every subscriber sees the same order, and has seen an event when `tell()` returns.
   *
   * @param others events that their own observables tell
   * @param onError called when a subscriber throws
   */
  events$(others: readonly Observable<ProxyEvent>[], onError: (cause: unknown) => void): Observable<ProxyEvent> {
    const over$ = this.#told.pipe(ignoreElements(), endWith('over'));
    const ended = others.map((events$) => events$.pipe(takeUntil(over$)));
    return guarded(merge(this.#told, ...ended).pipe(withWaits(this.#calls), shareInStep), onError);
  }

  /** The calls that have no answer yet, of those that were told of. */
  openCalls(): Iterable<OpenCall> {
    return this.#calls.open();
  }

  /** No event follows. */
  complete(): void {
    this.#told.complete();
  }
}
