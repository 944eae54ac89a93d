/** The client goes away while an event is on its way to it, after each number of its bytes. */
import { describe, expect, test } from 'vitest';
import { StrictClient, type Arrival, type Message } from '../../examples/lib/strict-client.js';
import { relayUpTo } from '../support/cutting-relay.js';
import { MemoryEventStore } from '../support/event-store.js';
import { NOTHING, type Live, type LiveOptions, type Running } from '../support/live.js';
import { lives } from '../support/lives.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { endOfHead, RawConnection, rawPost } from '../support/raw-http.js';
import { backchannelOf } from '../support/stage.js';
import { IS_LONG } from './long.js';
import { accept, ACCEPT } from '../support/accept.js';
import { HTTP_TRANSPORTS } from '../support/transports.js';

nothingIsLeft();

/** Each offset in `npm run faults`; otherwise one in so many, and those at either end. */
const STEP = IS_LONG ? 1 : 13;
const AT_ONCE = 10;

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 'cut', method: 'tools/call', params: { name: 'work' } });

/** A store of its own for each session. */
const stored = (): LiveOptions => ({ transport: { eventStore: new MemoryEventStore() } });

/** What the server writes on the stream of the call. */
type Work<T> = (live: Live, call: Running) => T;

const ask: Work<Promise<unknown>> = (live, call) => call.onBehalf(() => live.ask('well?'));
const answer: Work<void> = (_live, call) => {
  call.finish('the answer');
};

interface Cut<T> {
  readonly live: Live;
  readonly work: T;
  /** What the client got of the stream. */
  readonly read: string;
  /** The last event of it that is whole; nobody resumes a stream of which nothing came. */
  readonly lastEventId: string | undefined;
  /** The message of that event, if it has one. */
  readonly seen: Message | undefined;
}

/** A call whose connection is cut when so many bytes of its stream have passed after the head. */
/** The first message is there, and so is the end of its chunk, or of the body. */
function isWhole(received: string): boolean {
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(received) ?? [];
  if (length === undefined) return /data: \{.*\n\n\r\n/.test(received);
  return received.length - endOfHead(received) >= Number(length);
}

describe.each(HTTP_TRANSPORTS)('over $transport', (kind) => {
  const open = lives(kind);

  async function cutAfter<T>(offset: number, options: LiveOptions, work: Work<T>): Promise<Cut<T>> {
    const live = await open(options);
    const relay = await relayUpTo(offset, live.client.url);
    const connection = await RawConnection.open(relay.url);
    connection.write(rawPost(live.client, CALL));
    const call = await live.running('cut');
    const begun = work(live, call);
    await Promise.all([connection.until(() => false), call.gone]);
    await connection.drop();
    await relay.close();
    const read = connection.received.slice(endOfHead(connection.received));
    expect(read, `what the client got of the stream, offset ${offset}`).toHaveLength(offset);
    const last = read.split('\n\n').slice(0, -1).at(-1) ?? '';
    const [, lastEventId] = /^id: (.+)$/m.exec(last) ?? [];
    const [, data] = /^data: (\{.*)$/m.exec(last) ?? [];
    const seen = data === undefined ? undefined : (JSON.parse(data) as Message);
    return { live, work: begun, read, lastEventId, seen };
  }

  /** How many bytes the stream of such a call has, after its head, with the first message on it. */
  async function lengthOf(options: LiveOptions, work: Work<unknown>): Promise<number> {
    const live = await open(options);
    const connection = await RawConnection.open(live.client.url);
    connection.write(rawPost(live.client, CALL));
    work(live, await live.running('cut'));
    await connection.until(isWhole);
    const length = connection.received.length - endOfHead(connection.received);
    await connection.drop();
    return length;
  }

  /** The client that made the call, back with a new connection. */
  function backOf({ client }: Live): StrictClient {
    const back = new StrictClient(client.url, { answers: ACCEPT });
    back.sessionId = client.sessionId;
    return back;
  }

  async function atEachOffset(
    options: LiveOptions,
    work: Work<unknown>,
    check: (offset: number) => Promise<void>,
  ): Promise<number> {
    const length = await lengthOf(options, work);
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
    const tried = await atEachOffset(options, ask, async (offset) => {
      const { live, work } = await cutAfter(offset, options, ask);
      // It was written before its client was gone.
      await expect(work, `offset ${offset}`).rejects.toThrow('nobody will answer it');
      const { openExchanges, parked } = backchannelOf(live.transport).snapshot();
      expect({ openExchanges, parked }).toEqual({ openExchanges: 0, parked: 0 });
    });
    expect(tried).toBeGreaterThan(10);
  });

  test('with an event store, a client that comes back finds the question, at whatever byte it went', async () => {
    let resumed = 0;
    const tried = await atEachOffset(stored(), ask, async (offset) => {
      const { live, work, lastEventId, seen } = await cutAfter(offset, stored(), ask);
      if (lastEventId === undefined) {
        await live.end();
        await expect(work).rejects.toThrow('closed');
        return;
      }
      resumed += 1;
      const back = backOf(live);
      await back.openGet(lastEventId);
      if (seen !== undefined) await back.reply(seen.id, accept());
      expect(await work, `offset ${offset}`).toMatchObject({ action: 'accept' });
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
    const tried = await atEachOffset(options, ask, async (offset) => {
      const { live, work } = await cutAfter(offset, options, ask);
      const other = await live.call('other');
      expect(await other.onBehalf(() => live.ask('second'))).toMatchObject({ action: 'accept' });
      expect(live.questions, `offset ${offset}`).toEqual([{ message: 'second', stream: 'POST other' }]);
      other.finish();
      await other.response;
      await expect(work).rejects.toThrow('nobody will answer it');
    });
    expect(tried).toBeGreaterThan(10);
  });

  const isAnswer = ({ message }: Arrival): boolean => message.id === 'cut' && message.method === undefined;

  test('without an event store, an answer that was cut leaves nothing behind, and the next call is served, at whatever byte', async () => {
    const tried = await atEachOffset({}, answer, async (offset) => {
      const { live } = await cutAfter(offset, { client: { answers: ACCEPT } }, answer);
      // Written: there is nobody to tell, and nothing to keep.
      expect(live.left(), `offset ${offset}`).toEqual(NOTHING);
      const other = await live.call('other');
      expect(await other.onBehalf(() => live.ask('second'))).toMatchObject({ action: 'accept' });
      other.finish();
      await other.response;
      expect(live.client.arrivals.filter(isAnswer), `offset ${offset}`).toEqual([]);
      expect(live.errors).toEqual([]);
    });
    expect(tried).toBeGreaterThan(5);
  });

  test('with an event store, a client that comes back gets an answer that was cut, once, at whatever byte', async () => {
    let [resumed, whole] = [0, 0];
    const tried = await atEachOffset(stored(), answer, async (offset) => {
      const { live, lastEventId, seen } = await cutAfter(offset, stored(), answer);
      expect(live.left(), `offset ${offset}`).toEqual(NOTHING);
      const back = backOf(live);
      if (lastEventId !== undefined) {
        resumed += 1;
        await back.openGet(lastEventId);
        if (seen === undefined) await back.next(isAnswer, 0);
        else whole += 1;
      }
      // What would come twice comes before the answer to another call.
      const other = back.start('tools/call', { name: 'work' }, 'other');
      (await live.running('other')).finish();
      await other.response;
      const answers = back.arrivals.filter(isAnswer);
      expect(answers, `offset ${offset}`).toHaveLength(lastEventId !== undefined && seen === undefined ? 1 : 0);
      for (const { message } of answers)
        expect(message.result).toEqual({ content: [{ type: 'text', text: 'the answer' }] });
      back.vanish();
    });
    expect(tried).toBeGreaterThan(5);
    expect(resumed).toBeGreaterThan(tried / 2);
    expect(whole).toBeGreaterThan(0);
    expect(whole).toBeLessThan(resumed);
  });
});
