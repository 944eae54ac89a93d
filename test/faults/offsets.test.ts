/** The client goes away while an event is on its way to it, after each number of its bytes. */
import { expect, test } from 'vitest';
import { StrictClient, type Message } from '../../examples/lib/strict-client.js';
import { relayUpTo } from '../support/cutting-relay.js';
import { MemoryEventStore } from '../support/event-store.js';
import type { Live, LiveOptions } from '../support/live.js';
import { lives } from '../support/lives.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { endOfHead, RawConnection, rawPost } from '../support/raw-http.js';
import { backchannelOf } from '../support/stage.js';
import { IS_LONG } from './long.js';
import { accept, ACCEPT } from '../support/accept.js';

nothingIsLeft();
const open = lives();

/** Each offset in `npm run faults`; otherwise one in so many, and those at either end. */
const STEP = IS_LONG ? 1 : 13;
const AT_ONCE = 10;

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 'cut', method: 'tools/call', params: { name: 'work' } });

/** A call with a question on it, whose connection is cut when so many bytes of its stream have passed after the head. */
async function cutAfter(
  offset: number,
  options: LiveOptions,
): Promise<{ live: Live; answer: Promise<unknown>; read: string }> {
  const live = await open(options);
  const relay = await relayUpTo(offset, live.client.url);
  const connection = await RawConnection.open(relay.url);
  connection.write(rawPost(live.client, CALL));
  const call = await live.running('cut');
  const answer = call.onBehalf(() => live.ask('well?'));
  await Promise.all([connection.until(() => false), call.gone]);
  await connection.drop();
  await relay.close();
  const read = connection.received.slice(endOfHead(connection.received));
  expect(read, `what the client got of the stream, offset ${offset}`).toHaveLength(offset);
  return { live, answer, read };
}

/** How many bytes the stream of such a question has, after its head. */
async function lengthOf(options: LiveOptions): Promise<number> {
  const live = await open(options);
  const connection = await RawConnection.open(live.client.url);
  connection.write(rawPost(live.client, CALL));
  const call = await live.running('cut');
  void call.onBehalf(() => live.ask('well?'));
  await connection.until((received) => /"elicitation\/create".*\n\n\r\n/.test(received));
  const length = connection.received.length - endOfHead(connection.received);
  await connection.drop();
  return length;
}

async function atEachOffset(options: LiveOptions, check: (offset: number) => Promise<void>): Promise<number> {
  const length = await lengthOf(options);
  const spread = Array.from({ length: Math.ceil(length / STEP) }, (_, at) => at * STEP);
  // The last byte, too: the client has all of it and is gone all the same.
  const offsets = [...new Set([0, 1, ...spread, length - 1, length])];
  for (let at = 0; at < offsets.length; at += AT_ONCE) {
    await Promise.all(offsets.slice(at, at + AT_ONCE).map(async (offset) => check(offset)));
  }
  return offsets.length;
}

test('without an event store, who asked hears that the client is gone, at whatever byte it went', async () => {
  const options = { backchannel: { orphanTimeoutMs: 20, parkTimeoutMs: 20 } };
  const tried = await atEachOffset(options, async (offset) => {
    const { live, answer } = await cutAfter(offset, options);
    // It was written before its client was gone.
    await expect(answer, `offset ${offset}`).rejects.toThrow('nobody will answer it');
    const { openExchanges, parked } = backchannelOf(live.transport).snapshot();
    expect({ openExchanges, parked }).toEqual({ openExchanges: 0, parked: 0 });
  });
  expect(tried).toBeGreaterThan(10);
});

test('with an event store, a client that comes back finds the question, at whatever byte it went', async () => {
  let resumed = 0;
  const tried = await atEachOffset({ transport: { eventStore: new MemoryEventStore() } }, async (offset) => {
    const { live, answer, read } = await cutAfter(offset, { transport: { eventStore: new MemoryEventStore() } });
    // An event counts when it is whole; nobody resumes a stream of which nothing came.
    const events = read.split('\n\n').slice(0, -1);
    const [, lastEventId] = /^id: (.+)$/m.exec(events.at(-1) ?? '') ?? [];
    if (lastEventId === undefined) {
      await live.end();
      await expect(answer).rejects.toThrow('closed');
      return;
    }
    resumed += 1;
    const back = new StrictClient(live.client.url, { answers: ACCEPT });
    back.sessionId = live.client.sessionId;
    await back.openGet(lastEventId);
    const seen = /^data: (.*elicitation\/create.*)$/m.exec(events.at(-1) ?? '')?.[1];
    if (seen !== undefined) await back.reply((JSON.parse(seen) as Message).id, accept());
    expect(await answer, `offset ${offset}`).toMatchObject({ action: 'accept' });
    const replayed = back.arrivals.filter(({ message }) => message.method === 'elicitation/create');
    expect(replayed, `offset ${offset}`).toHaveLength(seen === undefined ? 1 : 0);
    back.vanish();
  });
  expect(tried).toBeGreaterThan(10);
  expect(resumed).toBeGreaterThan(tried / 2);
});

test('while another call is in flight, the question is not written again there, and its sender hears of it', async () => {
  const options: LiveOptions = {
    backchannel: { orphanTimeoutMs: 20, parkTimeoutMs: 20 },
    client: { answers: ACCEPT },
  };
  const tried = await atEachOffset(options, async (offset) => {
    const { live, answer } = await cutAfter(offset, options);
    const other = await live.call('other');
    expect(await other.onBehalf(() => live.ask('second'))).toMatchObject({ action: 'accept' });
    expect(live.questions, `offset ${offset}`).toEqual([{ message: 'second', stream: 'POST other' }]);
    other.finish();
    await other.response;
    await expect(answer).rejects.toThrow('nobody will answer it');
  });
  expect(tried).toBeGreaterThan(10);
});
