import type { EventRecord } from '../telemetry/record.js';
import type { Store } from './store.js';
import { BEAT, END, type Beat, type Gap, type Hello } from './wire.js';

/** The server beats three times in it. */
const SILENCE_MS = 65_000;
const LOOK_MS = 5_000;

/** Reads the events of the server into the store. The browser connects again by itself, and says how far it came. */
export function follow(store: Store, url: string): void {
  const source = new EventSource(url);
  let heardAt = performance.now();
  // Nobody may tell that a connection is gone, when a machine has slept or is in another network. The new one begins anew: it
  // cannot say how far this one came.
  const watch = setInterval(() => {
    if (source.readyState !== EventSource.OPEN || performance.now() - heardAt < SILENCE_MS) return;
    source.close();
    clearInterval(watch);
    store.connection.value = 'lost';
    follow(store, url);
  }, LOOK_MS);
  const on = (name: string, handle: (data: unknown) => void): void => {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      heardAt = performance.now();
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
    store.miss((data as Gap).lost);
  });
  on(BEAT, (data) => {
    store.setClock((data as Beat).now);
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
    // A file is shown when it has come as a whole. To draw each part of it takes longer than to read it.
    const isLoading = store.hello.peek()?.source === 'file' && store.connection.peek() === 'open';
    if (!isLoading) store.show();
  };
  requestAnimationFrame(frame);
  setInterval(() => {
    if (!document.hidden && !store.isPaused.peek()) store.tick();
  }, TICK_MS);
}
