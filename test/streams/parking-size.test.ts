/** How long the messages may be together that wait for a stream. */
import { describe, expect, test, vi } from 'vitest';
import { parkable, parkingRig, type NamedParkable } from '../support/parking-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

describe('when those who wait are too long together', () => {
  const long = (name: string, bytes: number, key?: string): NamedParkable => parkable(name, { bytes, key });

  test('one more is refused, however short, until one of them has left', () => {
    const { parking, out } = parkingRig({ maxParkedBytes: 100 });
    parking.park(parkable('a', { bytes: 60, id: 1 }));
    parking.park(long('b', 60));
    parking.park(long('c', 1));
    expect(out).toEqual(['c: PARK_FULL']);
    parking.withdraw(1);
    parking.park(long('d', 40));
    parking.park(long('e', 1));
    expect(out).toEqual(['c: PARK_FULL', 'a: CANCELLED', 'e: PARK_FULL']);
    parking.release();
    parking.park(long('f', 1));
    expect(parking.size).toBe(1);
    parking.close();
  });

  test('one of any length may wait when nobody else does', () => {
    const { parking, out } = parkingRig({ maxParkedBytes: 100 });
    parking.park(long('a', 1_000_000));
    parking.park(long('b', 1));
    expect(out).toEqual(['b: PARK_FULL']);
    expect(parking.size).toBe(1);
    parking.close();
  });

  test('who takes the place of another is counted in its stead', () => {
    const { parking, out } = parkingRig({ maxParkedBytes: 100 });
    parking.park(long('old', 99, 'news'));
    parking.park(long('new', 10, 'news'));
    parking.park(long('a', 89));
    expect(out).toEqual(['old: SUPERSEDED']);
    parking.park(long('b', 1));
    expect(out).toEqual(['old: SUPERSEDED']);
    parking.park(long('c', 1));
    expect(out).toEqual(['old: SUPERSEDED', 'c: PARK_FULL']);
    parking.close();
  });

  test('those who are late make room, as many as it takes', () => {
    const rig = parkingRig({ maxParkedBytes: 100 });
    const { parking, out } = rig;
    rig.onRetry = (message) => parking.park(message);
    for (const name of ['a', 'b', 'c']) parking.park(parkable(name, { bytes: 45, mayGoElsewhere: true }));
    vi.advanceTimersByTime(1_000);
    out.length = 0;
    parking.park(long('d', 1));
    expect(out).toEqual(['a: PARK_FULL']);
    parking.park(long('e', 60));
    out.length = 0;
    parking.park(long('f', 1));
    expect(out).toEqual(['b: PARK_FULL', 'c: PARK_FULL']);
    parking.close();
  });
});
