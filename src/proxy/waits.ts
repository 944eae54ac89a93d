import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import { after, MAX_TIMEOUT_MS, now } from '../clock.js';
import type { ProxyEvent, Waiting } from '../proxy-events.js';
import type { OpenCall, OpenCalls } from './open-calls.js';

/** When a call is told of for the first time. Users begin to wonder by then. */
const FIRST_MS = 30_000;

/** With many calls, not each needs a timer of its own. */
const MIN_PAUSE_MS = 1_000;

/**
 * Adds what has had no answer for long: after 30 s, and again each time a call has waited twice as long.
 *
 * @param calls knows which calls are open, while somebody subscribes
 */
export function withWaits(calls: OpenCalls): MonoTypeOperatorFunction<ProxyEvent> {
  return (events$) =>
    new Observable((subscriber) => {
      const waits = new Waits(calls, (waiting) => {
        subscriber.next(waiting);
      });
      const subscription = events$.subscribe({
        next: (event) => {
          waits.apply(event);
          subscriber.next(event);
        },
        error: (cause: unknown) => {
          subscriber.error(cause);
        },
        complete: () => {
          subscriber.complete();
        },
      });
      return () => {
        subscription.unsubscribe();
        waits.stop();
        calls.clear();
      };
    });
}

class Waits {
  /** When the calls that were told of are told of again, by session, id and start. */
  readonly #again = new Map<string, number>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(
    private readonly calls: OpenCalls,
    private readonly tell: (waiting: Waiting) => void,
  ) {}

  apply(event: ProxyEvent): void {
    this.calls.apply(event);
    if (event.kind === 'call') this.#wakeAt(now() + FIRST_MS);
    // Not at the end of each call, since the next is near.
    if (event.kind === 'session-ended' && this.calls.areNone) this.stop();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wakeAt(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const inMs = Math.min(Math.max(at - now(), MIN_PAUSE_MS), MAX_TIMEOUT_MS);
    this.#timer = { at, cancel: after(inMs, () => this.#wake()) };
  }

  #wake(): void {
    this.#timer = undefined;
    const present = now();
    const told = new Map(this.#again);
    this.#again.clear();
    let next = Infinity;
    for (const call of [...this.calls.open()]) {
      const name = nameOf(call);
      const first = call.begun + FIRST_MS;
      let due = told.get(name) ?? first;
      if (due <= present) {
        this.tell(waitingOf(call, present - call.begun));
        due = present + (present - call.begun);
      }
      if (due > first) this.#again.set(name, due);
      next = Math.min(next, due);
    }
    if (next !== Infinity) this.#wakeAt(next);
  }
}

function nameOf({ session, id, begun }: OpenCall): string {
  return JSON.stringify([session, id, begun]);
}

function waitingOf({ session, client, id, method, target, on, question, refusal }: OpenCall, forMs: number): Waiting {
  return { kind: 'waiting', at: Date.now(), session, client, id, method, target, forMs, on, question, refusal };
}
