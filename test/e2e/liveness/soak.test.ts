/** Thousands of messages wait for a stream and leave: in their order, and without a trace. */
import { expect, test } from 'vitest';
import type { Arrival } from '../../../examples/lib/strict-client.js';
import { collectGarbage } from '../../support/gc.js';
import { lives } from '../../support/lives.js';
import type { Live } from '../../support/live.js';
import { ACCEPT } from '../../support/accept.js';

const open = lives();
const MESSAGES = 10_000;
const QUESTION_EVERY = 100;
const TEXT = 'x'.repeat(1_000);
const MEGABYTE = 2 ** 20;

/** Sends all there is while nobody listens. @returns what of it is still in memory */
async function park(live: Live): Promise<{ answers: Promise<unknown>[]; kept: WeakRef<object>[] }> {
  const answers: Promise<unknown>[] = [];
  const kept: WeakRef<object>[] = [];
  for (let number = 0; number < MESSAGES; number++) {
    if (number % QUESTION_EVERY === 0) {
      answers.push(live.ask(String(number)));
    } else {
      // Objects of their own, since a copy may share what it is made of.
      const params = { level: 'info' as const, data: { number, text: TEXT + String(number) } };
      kept.push(new WeakRef(params), new WeakRef(params.data));
      await live.server.sendLoggingMessage(params);
    }
  }
  return { answers, kept };
}

/** The number of a question or of a log message. */
function numberOf({ message: { params } }: Arrival): number | undefined {
  const { message, data } = (params ?? {}) as { message?: string; data?: { number: number } };
  return message === undefined ? data?.number : Number(message);
}

function numbersOf({ client }: Live): (number | undefined)[] {
  return client.arrivals.filter(({ message }) => message.method !== undefined).map(numberOf);
}

test('10,000 messages that waited leave in order when a stream opens, and none of them stays in memory', async () => {
  const live = await open({
    backchannel: { maxParked: MESSAGES, maxParkedBytes: 100_000_000, parkTimeoutMs: 60_000 },
    client: { answers: ACCEPT },
  });
  const expected = Array.from({ length: MESSAGES }, (_, number) => number);
  const heap: number[] = [];

  for (let round = 0; round < 2; round++) {
    const { answers, kept } = await park(live);
    expect(live.routes.every(({ outcome }) => outcome === 'parked')).toBe(true);
    const last = live.client.next((arrival) => numberOf(arrival) === MESSAGES - 1);
    const standalone = await live.openGet();
    await last;
    await Promise.all(answers);
    expect(numbersOf(live)).toEqual(expected);
    expect(live.routes.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(MESSAGES);
    expect(live.errors).toEqual([]);

    await live.drop(standalone);
    live.client.arrivals.length = 0;
    live.routes.length = 0;
    heap.push(await collectGarbage());
    expect(kept.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
  }
  const [first = 0, second = 0] = heap;
  // The messages of a round are more than 10 MB.
  expect((second - first) / MEGABYTE).toBeLessThan(5);
});

test('one message more than may wait is refused, and the others are not disturbed', async () => {
  const live = await open({ backchannel: { maxParked: 3, parkTimeoutMs: 60_000 } });
  for (let number = 0; number < 4; number++) {
    await live.server.sendLoggingMessage({ level: 'info', data: { number } });
  }
  await expect(live.ask('4')).rejects.toMatchObject({ code: 'PARK_FULL' });
  expect(live.errors).toMatchObject([{ code: 'PARK_FULL' }]);
  const last = live.client.next((arrival) => numberOf(arrival) === 2);
  await live.openGet();
  await last;
  expect(numbersOf(live)).toEqual([0, 1, 2]);
});

test('bare: of 10,000 messages without a stream none is heard of again', async () => {
  const live = await open({ wrapped: false });
  const { answers } = await park(live);
  await live.openGet();
  const next = live.client.next((arrival) => numberOf(arrival) === -1);
  await live.server.sendLoggingMessage({ level: 'info', data: { number: -1 } });
  await next;
  expect(numbersOf(live)).toEqual([-1]);
  await live.close();
  const settled = await Promise.allSettled(answers);
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
});
