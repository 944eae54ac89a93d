/**
 * The network drops, and nobody tells the server: to it, the old connection looks alive. The client opens its stream
 * again, or resumes it. From then on messages go to the newest connection, each of them once.
 */
import { describe, expect, it } from 'vitest';
import type { EventStore } from '../../../src/http/index.js';
import type { SendOptions } from '../../../src/transport-like.js';
import { CALL, news, rig, said, type Opened, type Rig } from '../../http/rig.js';
import { closers } from '../../proxy/support.js';
import { deferred } from '../../support/deferred.js';
import { MemoryEventStore } from '../../support/event-store.js';

const closing = closers();

describe.each([
  ['without an event store', () => undefined],
  ['with an event store', () => new MemoryEventStore()],
])('46: a second GET, %s', (_what, store) => {
  it('takes over: messages go to it, the older response ends, and closing the older late changes nothing', async () => {
    const { get, transport, errors } = await rig(closing, { eventStore: store() });
    const first = await get();
    await transport.send(news(1));
    const second = await get();
    expect(await first.ended).toBe('complete');
    await transport.send(news(2));
    first.drop();
    await transport.send(news(3));
    await expect.poll(() => said(second.messages())).toEqual([2, 3]);
    expect(said(first.messages())).toEqual([1]);
    expect(errors).toEqual([]);
  });

  it('takes over though the older connection is closed by force in the very moment', async () => {
    const { get, transport, responses } = await rig(closing, { eventStore: store() });
    await get();
    const older = responses.at(-1);
    const second = await get();
    older?.destroy();
    await transport.send(news('after'));
    await expect.poll(() => said(second.messages())).toEqual(['after']);
    expect(second.isEnded()).toBe(false);
  });
});

/** Stores and replays when the test lets it. */
class GatedStore implements EventStore {
  readonly events: { id: string; streamId: string; message: object }[] = [];
  /** Replays wait for these, one after the other. */
  readonly replays: (() => void)[] = [];
  /** Writes that wait. */
  readonly writes: (() => void)[] = [];
  holdsReplays = false;
  holdsWrites: 'no' | 'before they are visible' | 'after they are visible' = 'no';

  async storeEvent(streamId: string, message: object): Promise<string> {
    const id = `event-${this.events.length + this.writes.length + 1}`;
    const keep = (): void => void this.events.push({ id, streamId, message });
    if (this.holdsWrites === 'before they are visible') {
      await this.#held(this.writes);
      keep();
    } else {
      keep();
      if (this.holdsWrites === 'after they are visible') await this.#held(this.writes);
    }
    return id;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: unknown) => Promise<void> },
  ): Promise<string> {
    const at = this.events.findIndex(({ id }) => id === lastEventId);
    const { streamId } = this.events[at] ?? { streamId: '' };
    if (this.holdsReplays) await this.#held(this.replays);
    for (const event of this.events.slice(at + 1)) {
      if (event.streamId === streamId) await send(event.id, event.message);
    }
    return streamId;
  }

  async #held(waiting: (() => void)[]): Promise<void> {
    const released = deferred();
    waiting.push(released.resolve);
    return released.promise;
  }
}

/** The client holds a stream, which has brought one message. */
type Begin = (rig: Rig) => Promise<{ stream: Opened; options: SendOptions | undefined }>;

const STREAMS: readonly (readonly [string, Begin])[] = [
  [
    'the standalone stream',
    async ({ get, transport }) => {
      const stream = await get();
      await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { data: 0 } });
      await expect.poll(() => stream.messages()).toHaveLength(1);
      return { stream, options: undefined };
    },
  ],
  [
    'the stream of a POST',
    async ({ post, transport }) => {
      const stream = await post(CALL);
      const options = { relatedRequestId: CALL.id };
      await transport.send(news(0), options);
      await expect.poll(() => stream.messages()).toHaveLength(1);
      return { stream, options };
    },
  ],
];

describe.each(STREAMS)('46: %s, resumed while its old connection looks alive', (_what, begin) => {
  const numbered = (data: unknown, options: object | undefined): object =>
    options === undefined
      ? { jsonrpc: '2.0', method: 'notifications/prompts/list_changed', params: { data } }
      : news(data);

  async function begun(): Promise<{
    store: GatedStore;
    it: Rig;
    stream: Opened;
    tell: (data: unknown) => Promise<void>;
  }> {
    const store = new GatedStore();
    const it = await rig(closing, { eventStore: store });
    const { stream, options } = await begin(it);
    return { store, it, stream, tell: (data) => it.transport.send(numbered(data, options), options) };
  }

  it('goes on with the newest connection: nothing is lost, nothing comes twice, and the old one ends', async () => {
    const { it, stream, tell } = await begun();
    const [last = ''] = stream.ids().slice(-1);
    await tell(1);
    await expect.poll(() => said(stream.messages())).toEqual([0, 1]);
    const newer = await it.get(last);
    expect(await stream.ended).toBe('complete');
    stream.drop();
    await tell(2);
    await expect.poll(() => said(newer.messages())).toEqual([1, 2]);
    const newest = await it.get(newer.ids()[0]);
    await tell(3);
    expect(await newer.ended).toBe('complete');
    await expect.poll(() => said(newest.messages())).toEqual([2, 3]);
    expect(newest.isEnded()).toBe(false);
  });

  it('sends what is stored while the store is read, before and after the store shows it, once', async () => {
    const { store, it, stream, tell } = await begun();
    const [last = ''] = stream.ids().slice(-1);
    store.holdsReplays = true;
    const resumed = it.get(last);
    await expect.poll(() => store.replays).toHaveLength(1);
    await tell('during');
    store.holdsWrites = 'after they are visible';
    const visible = tell('visible');
    await expect.poll(() => store.writes).toHaveLength(1);
    store.replays.shift()?.();
    const newer = await resumed;
    await expect.poll(() => said(newer.messages())).toEqual(['during', 'visible']);
    store.writes.shift()?.();
    await visible;
    store.holdsWrites = 'before they are visible';
    const unseen = tell('unseen');
    await expect.poll(() => store.writes).toHaveLength(1);
    store.writes.shift()?.();
    await unseen;
    await expect.poll(() => said(newer.messages())).toEqual(['during', 'visible', 'unseen']);
  });

  it('sends it once though it is stored in the very moment in which the store was read', async () => {
    for (let turns = -8; turns <= 8; turns += 1) {
      const { store, it, stream, tell } = await begun();
      const [last = ''] = stream.ids().slice(-1);
      // What the store is told from now on, it does not give any more.
      const read = deferred();
      const replayEventsAfter = store.replayEventsAfter.bind(store);
      store.replayEventsAfter = async (lastEventId, to) => {
        const streamId = await replayEventsAfter(lastEventId, to);
        store.replays.push(read.resolve);
        await read.promise;
        return streamId;
      };
      const resumed = it.get(last);
      await expect.poll(() => store.replays, { interval: 1 }).toHaveLength(1);
      store.holdsWrites = 'before they are visible';
      const told = tell('now');
      await expect.poll(() => store.writes, { interval: 1 }).toHaveLength(1);
      const [sooner, later] = turns < 0 ? [store.replays, store.writes] : [store.writes, store.replays];
      sooner.shift()?.();
      for (let turn = 0; turn < Math.abs(turns); turn += 1) await Promise.resolve();
      later.shift()?.();
      await told;
      const newer = await resumed;
      store.holdsWrites = 'no';
      await tell('then');
      await expect.poll(() => said(newer.messages()), { interval: 1 }).toEqual(['now', 'then']);
    }
  });

  it('leaves it to the newest connection, though the reading for an older one takes longer', async () => {
    const { store, it, stream, tell } = await begun();
    const [last = ''] = stream.ids().slice(-1);
    store.holdsReplays = true;
    const older = it.get(last);
    await expect.poll(() => store.replays).toHaveLength(1);
    const newest = it.get(last);
    await expect.poll(() => store.replays).toHaveLength(2);
    store.replays.pop()?.();
    await tell(1);
    store.replays.pop()?.();
    const isOlderOver = async (): Promise<boolean> => (await older).isEnded();
    await expect.poll(isOlderOver).toBe(true);
    await tell(2);
    await expect.poll(async () => said((await newest).messages())).toEqual([1, 2]);
    expect((await newest).isEnded()).toBe(false);
  });
});

it('46: the answer that is stored while the client comes back reaches it, and ends the stream', async () => {
  const store = new GatedStore();
  const { post, get, transport } = await rig(closing, { eventStore: store });
  const stream = await post(CALL);
  await expect.poll(() => stream.ids()).toHaveLength(1);
  const [last = ''] = stream.ids();
  store.holdsReplays = true;
  const resumed = get(last);
  await expect.poll(() => store.replays).toHaveLength(1);
  await transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} });
  store.replays.shift()?.();
  const newer = await resumed;
  expect(await newer.ended).toBe('complete');
  expect(said(newer.messages())).toEqual([CALL.id]);
});
