import type { Store } from './store.js';

/** Only while the picture has the focus, so that no key is taken from a screen reader. */
export function onPictureKey(event: KeyboardEvent, store: Store): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = ACTIONS[event.key];
  if (act === undefined) return;
  act(store);
  event.preventDefault();
}

/** Up, down and the like scroll, as in any box. */
const ACTIONS: Readonly<Partial<Record<string, (store: Store) => void>>> = {
  ArrowLeft: (store) => {
    store.pan(-store.span.peek() / 8);
  },
  ArrowRight: (store) => {
    store.pan(store.span.peek() / 8);
  },
  '+': (store) => {
    store.zoom(0.5);
  },
  '=': (store) => {
    store.zoom(0.5);
  },
  '-': (store) => {
    store.zoom(2);
  },
  a: (store) => {
    store.fit();
  },
  f: (store) => {
    store.follow();
  },
  ' ': (store) => {
    if (store.isPaused.peek()) store.resume();
    else store.pause();
  },
  ',': (store) => {
    store.step(-1);
  },
  '.': (store) => {
    store.step(1);
  },
};
