/** A message that leaves may cause others to come: everything happens inside everything else. */
import { describe, expect, test, vi } from 'vitest';
import { parkable, parkingRig } from '../support/parking-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

describe('while one is tried again', () => {
  test('another may come: it waits', () => {
    const rig = parkingRig();
    rig.park('a', 'b');
    rig.onRetry = ({ name }) => {
      if (name === 'a') rig.park('reaction');
    };
    rig.parking.release();
    expect(rig.out).toEqual(['a', 'b']);
    expect(rig.parking.size).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['a', 'b', 'reaction: PARK_TIMEOUT']);
  });

  test('newer news may come: what was tried is old news, and not parked again', () => {
    const rig = parkingRig();
    rig.parking.park(parkable('old', { key: 'tools' }));
    rig.onRetry = (one) => {
      if (one.name === 'old') rig.parking.park(parkable('new', { key: 'tools' }));
      rig.parking.park(one);
    };
    rig.parking.release();
    expect(rig.out).toEqual(['old', 'old: SUPERSEDED']);
    rig.onRetry = () => undefined;
    rig.parking.release();
    expect(rig.out.at(-1)).toBe('new');
  });

  test('another stream may open: nobody is tried twice who has left', () => {
    const rig = parkingRig();
    rig.park('a', 'b', 'c');
    rig.onRetry = () => {
      rig.parking.release();
    };
    rig.parking.release();
    expect(rig.out).toEqual(['a', 'b', 'c']);
  });

  test('the transport may close: those who were not tried yet come out all the same', () => {
    const rig = parkingRig();
    rig.park('a', 'b', 'c');
    rig.onRetry = ({ name }) => {
      if (name === 'a') rig.parking.close();
    };
    rig.parking.release();
    expect(rig.out.map((line) => line.charAt(0))).toEqual(['a', 'b', 'c']);
    expect(rig.parking.size).toBe(0);
  });

  test('who is late and may go, another may come: both keep their times', () => {
    const rig = parkingRig();
    rig.parking.park(parkable('news', { mayGoElsewhere: true }));
    rig.onRetry = ({ name }) => {
      if (name === 'news') rig.park('reaction');
    };
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['news']);
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['news', 'reaction: PARK_TIMEOUT']);
  });
});

describe('while one is given up', () => {
  test('another may come: it waits for its own time', () => {
    const rig = parkingRig();
    rig.park('a');
    rig.onGiveUp = ({ name }) => {
      if (name === 'a') rig.park('b');
    };
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['a: PARK_TIMEOUT']);
    vi.advanceTimersByTime(999);
    expect(rig.parking.size).toBe(1);
    vi.advanceTimersByTime(1);
    expect(rig.out).toEqual(['a: PARK_TIMEOUT', 'b: PARK_TIMEOUT']);
  });

  test('the transport may close: everybody comes out once', () => {
    const rig = parkingRig();
    rig.park('a', 'b');
    vi.advanceTimersByTime(500);
    rig.park('c');
    rig.onGiveUp = () => {
      rig.parking.close();
    };
    vi.advanceTimersByTime(500);
    expect([...rig.out].sort()).toEqual(['a: PARK_TIMEOUT', 'b: PARK_TIMEOUT', 'c: CLOSED']);
    expect(rig.parking.size).toBe(0);
  });

  test('another may be taken back: it is given up once', () => {
    const rig = parkingRig();
    rig.parking.park(parkable('a', { id: 1 }));
    rig.parking.park(parkable('b', { id: 2 }));
    const withdrawn: boolean[] = [];
    rig.onGiveUp = ({ name }) => {
      if (name === 'a') withdrawn.push(rig.parking.withdraw(2));
    };
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['a: PARK_TIMEOUT', 'b: PARK_TIMEOUT']);
    expect(withdrawn).toEqual([false]);
  });
});
