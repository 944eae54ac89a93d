/** What is sent while the event store is read for a client that comes back: the transport would store it, and show it to nobody. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { clientAway, closeAway, TRANSPORTS, type Away, type AwayOptions } from '../../support/away.js';
import { SlowReplayStore } from '../../support/event-store.js';

afterEach(closeAway);

/** Everything that can be said on the stream, while the client is coming back to it. */
async function speakMeanwhile(of: string | undefined, options: Omit<AwayOptions, 'store' | 'of'>): Promise<Away> {
  const store = new SlowReplayStore();
  const away = await clientAway({ ...options, store, of });
  const resumed = away.resume();
  await store.asked.promise;
  const sending = [away.say('meanwhile'), away.ask('q'), ...(of === undefined ? [] : [away.finish()])];
  // Older versions throw at whoever answers a call whose client is away.
  const sent = options.isWrapped ? Promise.all(sending) : Promise.allSettled(sending);
  await setImmediate();
  store.released.resolve();
  await Promise.all([resumed, sent]);
  return away;
}

const STREAMS = [
  { stream: 'the standalone stream', of: undefined, spoken: ['meanwhile', 'q'] },
  { stream: 'the stream of a call', of: 'call', spoken: ['meanwhile', 'q', 'call'] },
] as const;

describe.each(TRANSPORTS)('with $name', ({ Transport }) => {
  test.each(STREAMS)('on $stream: it is shown, in its order and once', async ({ of, spoken }) => {
    const { client, errors, shown, say } = await speakMeanwhile(of, { Transport, isWrapped: true });
    await expect.poll(shown).toEqual([...spoken]);
    expect(errors).toEqual([]);
    if (of !== undefined) return;
    const later = client.next(({ message }) => (message.params as { data?: unknown } | undefined)?.data === 'later');
    await say('later');
    await later;
    expect(shown()).toEqual([...spoken, 'later']);
  });

  test('it is stored for the next time when the client goes again before the store was read', async () => {
    const store = new SlowReplayStore();
    const { client, resume, ask, shown, eventId } = await clientAway({ Transport, isWrapped: true, store, of: 'call' });
    const resumed = resume().catch(() => undefined);
    await store.asked.promise;
    const question = ask('q');
    client.vanish();
    await Promise.all([resumed, question]);
    store.released.resolve();

    const asked = client.next(({ message }) => message.id === 'q');
    await client.openGet(eventId);
    await asked;
    expect(shown()).toEqual(['q']);
  });
});

describe.each(TRANSPORTS.filter(({ isOurs }) => !isOurs))('with $name, bare', ({ Transport }) => {
  test.each(STREAMS)('on $stream: nobody sees it', async ({ of }) => {
    const { client, shown, transport } = await speakMeanwhile(of, { Transport, isWrapped: false });
    // What is sent afterwards, on the way that is left.
    const last = client.next(({ message }) => message.method === 'notifications/last');
    if (of !== undefined) await client.openGet();
    await transport.send({ jsonrpc: '2.0', method: 'notifications/last' } as never);
    await last;
    expect(shown()).toEqual([undefined]);
  });
});
