/**
 * With an event store a stream that is gone can be resumed, and what is asked meanwhile waits for the
 * client there. What the bare transport is given without a `relatedRequestId`, it stores for the
 * standalone stream: whoever resumes the call never sees it.
 */
import { setImmediate } from 'node:timers/promises';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, test } from 'vitest';
import type { Arrival } from '../../../examples/lib/strict-client.js';
import { IndexedEventStore, MemoryEventStore, SlowReplayStore } from '../../support/event-store.js';
import { isQuestion, type Live, type LiveOptions } from '../../support/live.js';
import { lives } from '../../support/lives.js';
import { ACCEPT } from '../../support/accept.js';

const open = lives();

/** Versions before 1.24, with which the tests run too, discard what is sent while the standalone stream is away. */
const STORES = 'closeStandaloneSSEStream' in StreamableHTTPServerTransport.prototype;

/** Versions before 1.23 write no empty event in advance: there the first word of the call does its service. */
const PRIMES = 'closeSSEStream' in StreamableHTTPServerTransport.prototype;
const WORD = { method: 'notifications/message', params: { level: 'info', data: 'begun' } } as const;

const isPriming = (id: string) => (arrival: Arrival) =>
  arrival.stream === `POST ${id}` && (!PRIMES || Object.keys(arrival.message).length === 0);

interface Away {
  readonly live: Live;
  readonly primingId: string;
  readonly call: Awaited<ReturnType<Live['call']>>;
}

/** A client that has lost the stream of its call, after the event by which it can be resumed. */
async function clientAway(leave: 'drops its POST' | 'is told to poll', options: LiveOptions): Promise<Away> {
  const live = await open({ ...options, client: { answers: ACCEPT } });
  const primed = live.client.next(isPriming('work'));
  const call = await live.call('work');
  if (!PRIMES) await call.extra.sendNotification(WORD);
  const { eventId: primingId = '' } = await primed;
  live.routes.length = 0;
  if (leave === 'is told to poll') call.extra.closeSSEStream?.();
  else await call.drop();
  await call.gone;
  return { live, primingId, call };
}

/** The client opens the standalone stream and loses it. @returns the event from which it can be resumed */
async function standaloneDropped(live: Live): Promise<string | undefined> {
  const first = live.client.next(({ eventId }) => eventId !== undefined);
  const standalone = await live.openGet();
  await live.server.sendToolListChanged();
  const { eventId } = await first;
  await live.drop(standalone);
  return eventId;
}

describe.each([
  { store: 'that names the stream of an event', create: () => new IndexedEventStore() },
  { store: 'that does not', create: () => new MemoryEventStore() },
])('with an event store $store', ({ create }) => {
  describe.each(['drops its POST', 'is told to poll'] as const)('and a client that %s', (leave) => {
    test('delivers what was asked while it was away, once, when it resumes', async () => {
      const { live, primingId, call } = await clientAway(leave, { transport: { eventStore: create() } });
      const answer = live.ask('while you were away');
      await live.route(({ outcome }) => outcome === 'delivered');
      expect(live.questions).toEqual([]);

      const response = live.client.next(({ message }) => message.id === 'work');
      await live.openGet(primingId);
      expect(await answer).toMatchObject({ action: 'accept' });
      call.finish();
      expect(await response).toMatchObject({ stream: 'GET' });
      expect(live.questions).toEqual([{ message: 'while you were away', stream: 'GET' }]);
      expect(live.routes).toMatchObject([{ to: 'request', relatedRequestId: 'work', outcome: 'delivered' }]);
    });

    test('bare: the resumed stream ends with the answer, and without the question', async () => {
      const { live, primingId, call } = await clientAway(leave, {
        transport: { eventStore: create() },
        wrapped: false,
      });
      void live.ask('while you were away');
      const resumed = await live.openGet(primingId);
      call.finish();
      await resumed.ended;
      expect(live.client.arrivals.at(-1)).toMatchObject({ stream: 'GET', message: { id: 'work' } });
      expect(live.questions).toEqual([]);
    });

    test('bare: with a relatedRequestId it delivers, which is what the wrapper gives it', async () => {
      const { live, primingId, call } = await clientAway(leave, {
        transport: { eventStore: create() },
        wrapped: false,
      });
      const answer = live.ask('while you were away', { relatedRequestId: 'work' });
      const resumed = await live.openGet(primingId);
      expect(await answer).toMatchObject({ action: 'accept' });
      call.finish();
      await resumed.ended;
      expect(live.questions).toEqual([{ message: 'while you were away', stream: 'GET' }]);
    });
  });

  test('a resumed request stream is not the standalone stream, which session-wide messages still wait for', async () => {
    const { live, primingId, call } = await clientAway('drops its POST', { transport: { eventStore: create() } });
    const resumed = await live.openGet(primingId);
    await live.server.sendToolListChanged();
    expect(live.routes).toMatchObject([{ method: 'notifications/tools/list_changed', outcome: 'parked' }]);
    call.finish();
    await resumed.ended;
    expect(live.client.arrivals.at(-1)).toMatchObject({ message: { id: 'work' } });

    const changed = live.client.next(({ message }) => message.method === 'notifications/tools/list_changed');
    await live.openGet();
    expect(await changed).toMatchObject({ stream: 'GET' });
    expect(live.routes.at(-1)).toMatchObject({ to: 'standalone', outcome: 'delivered' });
  });

  test('once its request is answered, a resumed request stream takes nothing: the question waits for another', async () => {
    const { live, primingId, call } = await clientAway('drops its POST', { transport: { eventStore: create() } });
    const resumed = await live.openGet(primingId);
    call.finish();
    await resumed.ended;
    const answer = live.ask('nobody is here');
    expect(live.routes).toMatchObject([{ outcome: 'parked' }]);
    await live.openGet();
    expect(await answer).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'nobody is here', stream: 'GET' }]);
  });

  test('a question for a call that is not resumed fails in bounded time, and one for a call that is does not', async () => {
    const live = await open({ transport: { eventStore: create() }, backchannel: { orphanTimeoutMs: 50 } });
    const leaves = async (id: string): Promise<string> => {
      const primed = live.client.next(isPriming(id));
      const call = await live.call(id);
      if (!PRIMES) await call.extra.sendNotification(WORD);
      const { eventId = '' } = await primed;
      await call.drop();
      await call.gone;
      return eventId;
    };
    await leaves('left');
    await live.openGet(await leaves('resumed'));
    const arrived = live.client.next(isQuestion);
    const thinking = live.ask('is read', { relatedRequestId: 'resumed' });
    const { message } = await arrived;
    await expect(live.ask('is not', { relatedRequestId: 'left' })).rejects.toMatchObject({
      data: { code: 'ORPHANED' },
    });
    await live.client.reply(message.id ?? '', { action: 'cancel' });
    expect(await thinking).toMatchObject({ action: 'cancel' });
  });

  test.each([true, false])('a resumed standalone stream is the standalone stream (wrapped: %s)', async (wrapped) => {
    const live = await open({ wrapped, transport: { eventStore: create() }, client: { answers: ACCEPT } });
    const eventId = await standaloneDropped(live);

    await live.openGet(eventId);
    expect(await live.ask('with nothing in flight')).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'with nothing in flight', stream: 'GET' }]);
    if (wrapped)
      expect(live.routes.map(({ to, outcome }) => `${to} ${outcome}`)).toEqual(Array(2).fill('standalone delivered'));
  });

  test(`news for a client that comes back too late to wait for is ${STORES ? 'stored for it' : 'reported'}`, async () => {
    const live = await open({ transport: { eventStore: create() }, backchannel: { parkTimeoutMs: 20 } });
    const eventId = await standaloneDropped(live);

    const decided = live.route(({ outcome }) => outcome !== 'parked');
    await live.server.sendLoggingMessage({ level: 'info', data: 'while you were away' });
    const outcome = STORES ? { to: 'standalone', outcome: 'delivered' } : { to: 'nowhere', outcome: 'refused' };
    expect(await decided).toMatchObject(outcome);
    const news = live.client.next(({ message }) => message.method === 'notifications/message');
    await live.openGet(eventId);
    if (!STORES) await live.server.sendLoggingMessage({ level: 'info', data: 'now that you are back' });
    const data = STORES ? 'while you were away' : 'now that you are back';
    expect((await news).message.params).toMatchObject({ data });
    expect(live.errors).toMatchObject(STORES ? [] : [{ code: 'PARK_TIMEOUT' }]);
  });

  test('what was asked while the standalone stream was away arrives once when it is resumed', async () => {
    const live = await open({ transport: { eventStore: create() }, client: { answers: ACCEPT } });
    const eventId = await standaloneDropped(live);
    const answer = live.ask('while you were away');
    expect(live.routes.at(-1)).toMatchObject({ outcome: 'parked' });

    const resumed = await live.openGet(eventId);
    expect(await answer).toMatchObject({ action: 'accept' });
    await live.drop(resumed);
    const after = live.client.next(({ message }) => message.method === 'notifications/tools/list_changed');
    await live.openGet(live.client.arrivals.find(isQuestion)?.eventId);
    await live.server.sendToolListChanged();
    await after;
    expect(live.questions).toEqual([{ message: 'while you were away', stream: 'GET' }]);
  });
});

test('what was asked while the standalone stream was away arrives, though the event store takes its time to resume it', async () => {
  const eventStore = new SlowReplayStore();
  const live = await open({ transport: { eventStore }, client: { answers: ACCEPT } });
  const eventId = await standaloneDropped(live);
  const answer = live.ask('while you were away');
  const resumed = live.openGet(eventId);
  await eventStore.asked.promise;
  await setImmediate();
  expect(live.routes.at(-1)).toMatchObject({ outcome: 'parked' });
  eventStore.released.resolve();
  await resumed;
  expect(await answer).toMatchObject({ action: 'accept' });
  expect(live.questions).toEqual([{ message: 'while you were away', stream: 'GET' }]);
});

describe('with an event store, and a client of before 2025-11-25, to which no event is written in advance', () => {
  const options = (): LiveOptions => ({
    transport: { eventStore: new IndexedEventStore() },
    backchannel: { parkTimeoutMs: 20 },
    client: { protocolVersion: '2025-06-18', answers: ACCEPT },
  });

  test('a dropped POST cannot be resumed: a question waits, and fails in bounded time', async () => {
    const live = await open(options());
    const call = await live.call('work');
    await call.drop();
    await call.gone;
    await expect(live.ask('is anybody here?')).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    expect(live.routes).toMatchObject([{ outcome: 'parked' }, { outcome: 'refused' }]);
  });

  test('a dropped POST cannot be resumed: a question goes to another call only if its owner is not known', async () => {
    const live = await open(options());
    const call = await live.call('work');
    await call.drop();
    await call.gone;
    await live.call('other');
    const known = call.onBehalf(() => live.ask('on behalf of the first'));
    await expect(known).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    expect(await live.ask('on behalf of nobody')).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'on behalf of nobody', stream: 'POST other' }]);
  });

  test('once an event was written the client can come back for more', async () => {
    const live = await open(options());
    const call = await live.call('work');
    const logged = live.client.next(({ message }) => message.method === 'notifications/message');
    await call.onBehalf(async () => live.server.sendLoggingMessage({ level: 'info', data: 'begun' }));
    const { eventId } = await logged;
    await call.drop();
    await call.gone;
    const answer = live.ask('while you were away');
    await live.openGet(eventId);
    expect(await answer).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'while you were away', stream: 'GET' }]);
  });

  test('bare: the question is stored where no client can find it', async () => {
    const live = await open({ ...options(), wrapped: false });
    const call = await live.call('work');
    await call.drop();
    await call.gone;
    const other = await live.call('other');
    void live.ask('on behalf of the first', { relatedRequestId: 'work' });
    void live.ask('on behalf of nobody');
    other.finish();
    expect((await other.response).error).toBeUndefined();
    expect(live.questions).toEqual([]);
  });
});
