/** The client opens and drops its standalone stream a hundred times a second, and all the time it is sent to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MemoryEventStore } from '../support/event-store.js';
import { lives } from '../support/lives.js';
import { IS_LONG } from './long.js';

const open = lives();
const FLAPS = IS_LONG ? 1_000 : 100;
const FLAP_MS = 10;
const LAST = 'the last';

test.each(['no event store', 'an event store'])(
  'with %s, what was sent is what was delivered and what was reported, each once',
  async (store) => {
    // With a store nothing may expire, however slow the machine is; without one, something is to be reported.
    const timeouts =
      store === 'an event store'
        ? { parkTimeoutMs: 60_000, orphanTimeoutMs: 60_000 }
        : { parkTimeoutMs: 50, orphanTimeoutMs: 100 };
    const live = await open({
      backchannel: timeouts,
      client: { answers: { 'elicitation/create': () => ({ action: 'accept', content: {} }) } },
      ...(store === 'an event store' && { transport: { eventStore: new MemoryEventStore() } }),
    });
    const sent: number[] = [];
    const questions: Promise<unknown>[] = [];
    const over = new AbortController();

    const flapping = (async () => {
      let lastEventId: string | undefined;
      for (let flap = 0; flap < FLAPS; flap++) {
        const opened = await live.openGet(lastEventId);
        await sleep(FLAP_MS / 2);
        opened.drop();
        lastEventId = live.client.arrivals.findLast(({ stream }) => stream === 'GET')?.eventId;
        await sleep(FLAP_MS / 2);
      }
      over.abort();
    })();
    const sending = (async () => {
      while (!over.signal.aborted) {
        sent.push(sent.length);
        await live.server.sendLoggingMessage({ level: 'info', data: sent.length - 1 });
        if (sent.length % 10 === 0) questions.push(live.ask(String(sent.length)));
        await sleep(1);
      }
    })();
    await Promise.all([flapping, sending]);

    // Whatever waits still is delivered before this one.
    const last = live.client.next(({ message }) => (message.params as { data?: unknown } | undefined)?.data === LAST);
    await live.openGet(live.client.arrivals.findLast(({ stream }) => stream === 'GET')?.eventId);
    await live.server.sendLoggingMessage({ level: 'info', data: LAST });
    await last;

    const outcomes = live.routes
      .filter(({ method, outcome }) => method === 'notifications/message' && outcome !== 'parked')
      .map(({ outcome }) => outcome);
    expect(outcomes).toHaveLength(sent.length + 1);
    const refused = outcomes.filter((outcome) => outcome === 'refused').length;
    expect(live.errors.filter(({ code }) => code === 'PARK_TIMEOUT')).toHaveLength(refused);

    const came = live.client.arrivals.flatMap(({ message }) => {
      const { data } = (message.params ?? {}) as { data?: unknown };
      return typeof data === 'number' ? [data] : [];
    });
    expect(new Set(came).size).toBe(came.length);
    expect(sent.length).toBeGreaterThan(FLAPS);
    // Without one, what is written while the client is leaving is lost on the wire, which no server sees.
    if (store === 'an event store') expect(came).toEqual(sent);

    // Each question was answered; one that was lost on the wire fails when the client is gone for good.
    live.client.vanish();
    const outcomesOfQuestions = await Promise.allSettled(questions);
    expect(outcomesOfQuestions.length).toBeGreaterThan(FLAPS / 10);
    for (const { status } of outcomesOfQuestions) {
      if (store === 'an event store') expect(status).toBe('fulfilled');
    }
  },
);
