import type { Store } from './store.js';

/** What components are given. */
export interface OfStore {
  readonly store: Store;
}
