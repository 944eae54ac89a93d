/** The system clock jumps, as it does when a laptop wakes up or a server is told the time: nothing depends on it. */
import { afterEach, expect, test, vi } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { lives } from '../support/lives.js';

const open = lives();
const HOUR = 3_600_000;
const accept = (): object => ({ action: 'accept', content: {} });

afterEach(() => {
  vi.useRealTimers();
});

/** Only what tells the time of day; timers and the performance clock run on. */
function jump(hours: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * HOUR });
}

test.each([-24, 24])('a clock that jumps by %i hours expires nothing, and keeps nothing for longer', async (hours) => {
  const live = await open({
    backchannel: { parkTimeoutMs: 300, orphanTimeoutMs: 300 },
    client: { answers: { 'elicitation/create': accept } },
  });
  // One waits for a stream while the clock jumps, and gets it.
  const waited = live.ask('delivered');
  jump(hours);
  await sleep(20);
  const call = await live.call('one');
  expect(await waited).toMatchObject({ action: 'accept' });

  // One waits in vain: it is refused in its own time.
  call.finish();
  await call.response;
  const refused = live.ask('refused');
  jump(-hours);
  await expect(refused).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
  // The time it took is that of the clock that never jumps.
  for (const { waitedMs } of live.routes) {
    expect(waitedMs).toBeGreaterThanOrEqual(0);
    expect(waitedMs).toBeLessThan(HOUR);
  }

  // One is left by its client: it is answered in its own time.
  live.client.answer('elicitation/create', () => undefined);
  const lost = await live.call('lost');
  const orphan = lost.onBehalf(() => live.ask('orphan'));
  await live.client.next(({ message }) => message.method === 'elicitation/create', 0);
  live.client.vanish();
  await lost.gone;
  jump(hours);
  await expect(orphan).rejects.toThrow('nobody will answer it');
});
