import type { EventRecord } from '../telemetry/record.js';
import type { Store } from './store.js';
import { END, type Gap, type Hello } from './wire.js';

/** Reads the events of the server into the store. The browser connects again by itself, and says how far it came. */
export function follow(store: Store, url: string): void {
  const source = new EventSource(url);
  const on = (name: string, handle: (data: unknown) => void): void => {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      handle(JSON.parse(data));
    });
  };
  on('hello', (data) => {
    store.greet(data as Hello);
  });
  on('message', (data) => {
    store.add(data as EventRecord);
  });
  on('gap', (data) => {
    store.lost.value += (data as Gap).lost;
  });
  on(END, () => {
    source.close();
    store.connection.value = 'ended';
    store.show();
    store.fit();
  });
  source.addEventListener('error', () => {
    store.connection.value = source.readyState === EventSource.CLOSED ? 'refused' : 'lost';
  });
}

const TICK_MS = 250;

/** Shows what has come, at most once a frame, and lets the clock go on. */
export function keepShowing(store: Store): void {
  const frame = (): void => {
    // First: an event that cannot be shown must not stop those after it.
    requestAnimationFrame(frame);
    store.show();
  };
  requestAnimationFrame(frame);
  setInterval(() => {
    if (!document.hidden && !store.isPaused.peek()) store.tick();
  }, TICK_MS);
}
