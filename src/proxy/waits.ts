import { Observable } from 'rxjs';
import { after } from '../clock.js';
import type { ProxyEvent, Waiting } from '../proxy-events.js';
import { OpenCalls, type OpenCall } from './open-calls.js';

/** When a call is told of for the first time. Users begin to wonder by then. */
const FIRST_MS = 30_000;

/** With many calls, not each needs a timer of its own. */
const MIN_PAUSE_MS = 1_000;

/** Adds what has had no answer for long: after 30 s, and again each time a call has waited twice as long. */
export function withWaits(events$: Observable<ProxyEvent>): Observable<ProxyEvent> {
  return new Observable((subscriber) => {
    const waits = new Waits((waiting) => {
      subscriber.next(waiting);
    });
    const subscription = events$.subscribe({
      next: (event) => {
        waits.apply(event);
        subscriber.next(event);
      },
      complete: () => {
        subscriber.complete();
      },
    });
    return () => {
      subscription.unsubscribe();
      waits.stop();
    };
  });
}

class Waits {
  readonly #calls = new OpenCalls();
  /** When the calls that were told of are told of again, by session, id and start. */
  readonly #again = new Map<string, number>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(private readonly tell: (waiting: Waiting) => void) {}

  apply(event: ProxyEvent): void {
    this.#calls.apply(event);
    if (event.kind === 'call') this.#wakeAt(event.at + FIRST_MS, event.at);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wakeAt(at: number, now: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = { at, cancel: after(Math.max(at - now, MIN_PAUSE_MS), () => this.#wake()) };
  }

  #wake(): void {
    this.#timer = undefined;
    const now = Date.now();
    const told = new Map(this.#again);
    this.#again.clear();
    let next = Infinity;
    for (const call of [...this.#calls.open()]) {
      const name = nameOf(call);
      let due = told.get(name) ?? call.since + FIRST_MS;
      if (due <= now) {
        this.tell(waitingOf(call, now));
        due = now + (now - call.since);
      }
      if (due > call.since + FIRST_MS) this.#again.set(name, due);
      next = Math.min(next, due);
    }
    if (next !== Infinity) this.#wakeAt(next, now);
  }
}

function nameOf({ session, id, since }: OpenCall): string {
  return JSON.stringify([session, id, since]);
}

function waitingOf({ since, ...call }: OpenCall, at: number): Waiting {
  return { kind: 'waiting', at, ...call, forMs: at - since };
}
