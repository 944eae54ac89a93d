/** The proxy faces its clients with our own transport: without an event store, and with one for each session. */
import { MemoryEventStore } from '../support/event-store.js';

export const STORES = [
  { store: 'without an event store', options: {} },
  { store: 'with an event store', options: { eventStore: () => new MemoryEventStore() } },
] as const;
