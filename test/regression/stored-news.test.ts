/** Bugs of what is sent while a client with an event store is away from a stream that it can resume, each named after its cause. */
import { afterEach, expect, test } from 'vitest';
import { clientAway, closeAway, WRAPPED_AND_BARE } from '../support/away.js';
import { MemoryEventStore } from '../support/event-store.js';

afterEach(closeAway);

class CountingStore extends MemoryEventStore {
  get news(): unknown[] {
    return [...this.events.values()].flatMap(({ message }) => ('params' in message ? [message.params] : []));
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

test.each(WRAPPED_AND_BARE)(
  '$name: notifications for a client that is away from its standalone stream were refused when many waited (wrapped: $isWrapped)',
  async ({ Transport, isWrapped }) => {
    const store = new CountingStore();
    const { client, errors, say, resume } = await clientAway({ Transport, isWrapped, store });
    for (const name of names(300)) await say(name);
    expect(errors).toEqual([]);
    const last = client.next(({ message }) => (message.params as { data?: string } | undefined)?.data === '299');
    await resume();
    await last;
    const data = client.arrivals.map(({ message }) => (message.params as { data?: string } | undefined)?.data);
    expect(data.filter((one) => one !== undefined)).toEqual(['before', ...names(300)]);
  },
);

test.each(WRAPPED_AND_BARE)(
  '$name: those that waited were lost when the transport closed, and not stored (wrapped: $isWrapped)',
  async ({ Transport, isWrapped }) => {
    const store = new CountingStore();
    const { transport, errors, say } = await clientAway({ Transport, isWrapped, store });
    for (const name of names(10)) await say(name);
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: {} });
    await transport.close();
    expect(store.news).toHaveLength(12);
    expect(errors).toEqual([]);
  },
);
