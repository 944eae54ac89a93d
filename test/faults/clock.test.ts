/** The system clock jumps, as it does when a laptop wakes up or a server is told the time: nothing depends on it. */
import { describe, afterEach, expect, test, vi } from 'vitest';
import type { Live } from '../support/live.js';
import { lives } from '../support/lives.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { ACCEPT } from '../support/accept.js';
import { HTTP_TRANSPORTS } from '../support/transports.js';

nothingIsLeft();
const HOUR = 3_600_000;
afterEach(() => {
  vi.useRealTimers();
});

/** Only what tells the time of day; timers and the performance clock run on. */
function jump(hours: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * HOUR });
}

describe.each(HTTP_TRANSPORTS)('over $transport', (kind) => {
  const open = lives(kind);

  test.each([-24, 24])('a clock that jumps by %i hours expires nothing that waits', async (hours) => {
    const live = await open({
      backchannel: { parkTimeoutMs: 60_000, orphanTimeoutMs: 60_000 },
      client: { answers: ACCEPT },
    });
    const parked = live.route(({ outcome }) => outcome === 'parked');
    const waited = live.ask('delivered');
    await parked;
    jump(hours);
    // It waits for a stream while the clock jumps, and gets it.
    await live.call('one');
    expect(await waited).toMatchObject({ action: 'accept' });
    expectNoJumpIn(live);
  });

  test.each([-24, 24])('a clock that jumps by %i hours keeps nothing for longer', async (hours) => {
    const live = await open({ backchannel: { parkTimeoutMs: 100, orphanTimeoutMs: 100 } });
    // One waits in vain: it is refused in its own time.
    const parked = live.route(({ outcome }) => outcome === 'parked');
    const refused = live.ask('refused');
    await parked;
    jump(hours);
    await expect(refused).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    expectNoJumpIn(live);

    // One is left by its client: it is answered in its own time.
    live.client.answer('elicitation/create', () => undefined);
    const lost = await live.call('lost');
    const orphan = lost.onBehalf(() => live.ask('orphan'));
    await live.client.next(({ message }) => message.method === 'elicitation/create', 0);
    live.client.vanish();
    await lost.gone;
    jump(-hours);
    await expect(orphan).rejects.toThrow('nobody will answer it');
  });
});

/** The time it took is that of the clock that never jumps. */
function expectNoJumpIn({ routes }: Live): void {
  expect(routes).not.toEqual([]);
  for (const { waitedMs } of routes) {
    expect(waitedMs).toBeGreaterThanOrEqual(0);
    expect(waitedMs).toBeLessThan(HOUR);
  }
}
