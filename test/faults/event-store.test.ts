/** Event stores that fail, that never answer, and that answer as they please. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { deferred } from '../support/deferred.js';
import { MemoryEventStore } from '../support/event-store.js';
import { lives } from '../support/lives.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { backchannelOf } from '../support/stage.js';
import { IS_LONG } from './long.js';
import { ACCEPT } from '../support/accept.js';
import { HTTP_TRANSPORTS } from '../support/transports.js';

type Stored = Parameters<MemoryEventStore['storeEvent']>;

nothingIsLeft();
const MESSAGES = IS_LONG ? 1_000 : 50;

/** Does something before it keeps an event of a question or of a log message. */
class OddStore extends MemoryEventStore {
  constructor(private readonly before: (text: string) => Promise<void> | undefined) {
    super();
  }

  override async storeEvent(...[streamId, message]: Stored): Promise<string> {
    const { message: question, data } = ((message as Message).params ?? {}) as { message?: string; data?: number };
    const text = question ?? data;
    if (text !== undefined) await this.before(String(text));
    return super.storeEvent(streamId, message);
  }
}

describe.each(HTTP_TRANSPORTS)('over $transport', (kind) => {
  const open = lives(kind);

  test('a store that fails: who sent hears of it, and what is sent next arrives', async () => {
    const store = new OddStore((text) => (Number(text) % 3 === 0 ? Promise.reject(new Error('disk full')) : undefined));
    const live = await open({ transport: { eventStore: store }, client: { answers: ACCEPT } });
    const call = await live.call('one');
    const asked = await Promise.allSettled(
      Array.from({ length: 30 }, (_, at) => call.onBehalf(() => live.ask(String(at)))),
    );
    asked.forEach((outcome, at) => {
      if (at % 3 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'disk full' } });
      else expect(outcome).toMatchObject({ status: 'fulfilled', value: { action: 'accept' } });
    });
    const failed = live.routes.filter(({ outcome }) => outcome === 'failed');
    expect(failed).toHaveLength(10);
    call.finish();
    await call.response;
    expect(backchannelOf(live.transport).snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
  });

  test('a store that never answers: closing settles what waits for it', async () => {
    const hangs = deferred();
    const live = await open({
      transport: { eventStore: new OddStore((text) => (text === 'hangs' ? hangs.promise : undefined)) },
      client: { answers: ACCEPT },
    });
    const call = await live.call('one');
    const other = await live.call('other');
    const stuck = call.onBehalf(() => live.ask('hangs'));
    const behind = call.onBehalf(() => live.ask('behind it'));
    // Only its own stream waits for it.
    expect(await other.onBehalf(() => live.ask('next to it'))).toMatchObject({ action: 'accept' });
    await live.transport.close();
    await expect(stuck).rejects.toThrow('closed');
    await expect(behind).rejects.toThrow('closed');
    expect(backchannelOf(live.transport).snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
    hangs.resolve();
  });

  test.runIf(IS_LONG)(
    'a store that never answers: its sender hears of it, and the stream goes on (only in a long run: after 30 s)',
    async () => {
      const hangs = deferred();
      const live = await open({
        transport: { eventStore: new OddStore((text) => (text === 'hangs' ? hangs.promise : undefined)) },
        client: { answers: ACCEPT },
      });
      const call = await live.call('one');
      const stuck = call.onBehalf(() => live.ask('hangs'));
      const behind = call.onBehalf(() => live.ask('behind it'));
      await expect(stuck).rejects.toMatchObject({ code: 'WRITE_TIMEOUT' });
      expect(await behind).toMatchObject({ action: 'accept' });
      hangs.resolve();
    },
  );

  test('a store that answers out of order: each stream has all of its messages once, in the order they were sent', async () => {
    const store = new OddStore(async (text) => sleep((Number(text) * 7) % 5));
    const live = await open({ transport: { eventStore: store } });
    const calls = await Promise.all(['one', 'two', 'three'].map(async (id) => live.call(id)));
    const sends = Array.from({ length: MESSAGES * calls.length }, async (_, at) => {
      const message = { method: 'notifications/message', params: { level: 'info', data: at } };
      return live.server.notification(message, { relatedRequestId: calls[at % calls.length]?.id ?? '' });
    });
    for (const { finish } of calls) finish();
    await Promise.all([...sends, ...calls.map(async ({ response }) => response)]);

    for (const [index, { id }] of calls.entries()) {
      const came = live.client.arrivals.filter(({ stream }) => stream === `POST ${id}`).map(({ message }) => message);
      const expected = Array.from({ length: MESSAGES }, (_, at) => at * calls.length + index);
      const data = came.map(({ params }) => (params as { data?: number } | undefined)?.data);
      expect(data.filter((number) => number !== undefined)).toEqual(expected);
      // The answer, which was asked for at once, is the last.
      expect(came.at(-1)).toMatchObject({ id, result: {} });
    }
    expect(live.errors).toEqual([]);
  });
});
