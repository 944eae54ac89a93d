/** Who is tried when a request has come in, and who is not. */
import { describe, expect, test, vi } from 'vitest';
import { parkable, parkingRig } from '../support/parking-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

describe('when a request has come in, and with it a stream', () => {
  test('who waits for the standalone stream is not tried', () => {
    const { parking, out } = parkingRig();
    parking.park(parkable('news', { until: 'standalone' }));
    parking.releaseForRequest();
    expect(out).toEqual([]);
    parking.release();
    expect(out).toEqual(['news']);
  });

  test('who waits for it is tried when its time is over', () => {
    const rig = parkingRig();
    const { parking, out } = rig;
    rig.onRetry = (one) => {
      if (out.length === 1) parking.park(one);
    };
    parking.park(parkable('news', { until: 'standalone', mayGoElsewhere: true }));
    vi.advanceTimersByTime(1_000);
    parking.releaseForRequest();
    expect(out).toEqual(['news', 'news']);
  });

  test('all are tried when one may leave, so that they keep their order and their times', () => {
    const rig = parkingRig();
    const { parking, park, out } = rig;
    rig.onRetry = (one) => parking.park(one);
    park('a');
    vi.advanceTimersByTime(400);
    parking.park(parkable('news', { until: 'standalone' }));
    parking.releaseForRequest();
    expect(out).toEqual(['a', 'news']);
    vi.advanceTimersByTime(600);
    expect(out.at(-1)).toBe('a: PARK_TIMEOUT');
    parking.close();
  });
});
