import { describe, expect, test, vi } from 'vitest';
import { currentOrigin, onBehalfOf } from '../../src/interceptor/origin.js';
import { SuspendedCalls, type SuspendedCallsOptions } from '../../src/modern/suspended-calls.js';
import { request } from '../support/messages.js';
import { timersStandStill } from '../support/timers.js';
import { newLedger } from '../support/verdict.js';

timersStandStill();

const MINUTE = 60_000;

interface Call {
  readonly name: string;
}

interface Rig {
  readonly calls: SuspendedCalls<object | string, Call>;
  readonly expired: string[];
  readonly suspend: (name: string, session?: object | string) => string;
}

function rig(options: Partial<SuspendedCallsOptions<Call>> = {}): Rig {
  const expired: string[] = [];
  const calls = new SuspendedCalls<object | string, Call>({ onExpired: ({ name }) => expired.push(name), ...options });
  const suspend = (name: string, session: object | string = 'session'): string => {
    const suspension = calls.suspend({ principal: 'ann', digest: `call ${name}`, session, payload: { name } });
    return suspension.state === 'suspended' ? suspension.handle : suspension.reason;
  };
  return { calls, expired, suspend };
}

describe('a handle', () => {
  test('gives the call to its principal, once', () => {
    const { calls, suspend } = rig();
    const handle = suspend('a');
    expect(calls.take(handle, 'ann', 'call a')).toEqual({ name: 'a' });
    expect(calls.take(handle, 'ann', 'call a')).toBe('refused');
    expect(calls.size).toBe(0);
  });

  test.each<[string, (handle: string) => readonly [string, string, string]]>([
    ['another principal', (handle) => [handle, 'ben', 'call a']],
    ['another call', (handle) => [handle, 'ann', 'call b']],
    ['a principal and a call that are cut elsewhere', (handle) => [handle, 'ann"call', 'a']],
    ['nobody', (handle) => [handle, '', '']],
    ['a handle that is cut short', (handle) => [handle.slice(0, -1), 'ann', 'call a']],
    ['a handle that is longer', (handle) => [`${handle}A`, 'ann', 'call a']],
    ['a handle of another node', (handle) => [`node-2.${handle}`, 'ann', 'call a']],
    ['no handle', () => ['', 'ann', 'call a']],
    ['the name of what every object has', () => ['__proto__', 'ann', 'call a']],
  ])('refuses %s, and is not spent by the try', (_, forged) => {
    const { calls, suspend } = rig();
    const handle = suspend('a');
    expect(calls.take(...forged(handle))).toBe('refused');
    expect(calls.take(handle, 'ann', 'call a')).toEqual({ name: 'a' });
  });

  test('tells whose its call is, to whoever repeats it, and is not spent by that', () => {
    const { calls, suspend } = rig();
    const handle = suspend('a', 'session 1');
    expect(calls.whose(handle, 'call a')).toMatchObject({ principal: 'ann', session: 'session 1' });
    expect(calls.whose(handle, 'call b')).toBeUndefined();
    expect(calls.whose(`${handle}A`, 'call a')).toBeUndefined();
    expect(calls.take(handle, 'ann', 'call a')).toEqual({ name: 'a' });
    expect(calls.whose(handle, 'call a')).toBeUndefined();
  });

  test('tells nothing when its time is over', () => {
    const { calls, suspend } = rig();
    const handle = suspend('a');
    vi.advanceTimersByTime(10 * MINUTE);
    expect(calls.whose(handle, 'call a')).toBeUndefined();
  });

  test('has 32 random bytes', () => {
    const { calls, suspend } = rig();
    const [a, b] = [suspend('a'), suspend('a')];
    expect(a).not.toBe(b);
    expect(Buffer.from(a, 'base64url')).toHaveLength(32);
    calls.close();
  });
});

describe('time', () => {
  test('is ten minutes by default, and then the call is given up, once', () => {
    const { calls, expired, suspend } = rig();
    const handle = suspend('a');
    vi.advanceTimersByTime(10 * MINUTE - 1);
    expect([calls.size, expired]).toEqual([1, []]);
    vi.advanceTimersByTime(1);
    expect([calls.size, expired]).toEqual([0, ['a']]);
    expect(calls.take(handle, 'ann', 'call a')).toBe('refused');
    vi.advanceTimersByTime(10 * MINUTE);
    expect(expired).toEqual(['a']);
  });

  test('runs for each call on its own, with one timer', () => {
    const { calls, expired, suspend } = rig({ ttlMs: 1000 });
    suspend('a');
    vi.advanceTimersByTime(400);
    const b = suspend('b');
    suspend('c');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(600);
    expect(expired).toEqual(['a']);
    expect(calls.take(b, 'ann', 'call b')).toEqual({ name: 'b' });
    vi.advanceTimersByTime(400);
    expect(expired).toEqual(['a', 'c']);
  });

  test('is over even if the timer is late, and nobody’s request is blamed for it', () => {
    const origins: unknown[] = [];
    const { calls, suspend } = rig({ ttlMs: 1000, onExpired: () => origins.push(currentOrigin()) });
    const handle = suspend('a');
    const { performance } = globalThis;
    const late = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1000);
    const { entry } = newLedger().receive(request(1));
    onBehalfOf(entry, () => {
      expect(calls.take(handle, 'ann', 'call a')).toBe('refused');
    });
    late.mockRestore();
    expect(origins).toEqual([undefined]);
  });

  test('goes on for calls that are suspended while another is given up', () => {
    const names = ['b', 'c'];
    const { calls, suspend } = rig({
      ttlMs: 1000,
      onExpired: () => {
        const name = names.shift();
        if (name !== undefined) suspend(name);
      },
    });
    suspend('a');
    vi.advanceTimersByTime(2999);
    expect(calls.size).toBe(1);
    vi.advanceTimersByTime(1);
    expect(calls.size).toBe(0);
  });
});

describe('too many', () => {
  test('in all: the new one is refused, and none is dropped', () => {
    const { calls, expired, suspend } = rig({ maxSuspended: 2, maxPerSession: 2 });
    const handles = [suspend('a', 'one'), suspend('b', 'two')];
    expect(suspend('c', 'three')).toBe('full');
    expect(handles.map((handle, at) => calls.take(handle, 'ann', `call ${'ab'.charAt(at)}`))).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
    expect(expired).toEqual([]);
    expect(suspend('c', 'three')).not.toBe('full');
    calls.close();
  });

  test('of one session: the others have room', () => {
    const { calls, suspend } = rig({ maxPerSession: 1 });
    const [one, other] = [{}, {}];
    const handle = suspend('a', one);
    expect(suspend('b', one)).toBe('session-full');
    expect(suspend('b', other)).not.toBe('session-full');
    expect([calls.sizeOf(one), calls.sizeOf(other), calls.size]).toEqual([1, 1, 2]);
    calls.take(handle, 'ann', 'call a');
    expect(calls.sizeOf(one)).toBe(0);
    expect(suspend('b', one)).not.toBe('session-full');
    calls.close();
  });

  test('are 10,000 in all and 100 of a session by default', () => {
    const { calls, suspend } = rig();
    for (let session = 0; session < 100; session++) {
      for (let call = 0; call < 100; call++) suspend('a', `session ${session}`);
    }
    expect(calls.size).toBe(10_000);
    expect(suspend('b', 'session 0')).toBe('full');
    expect(suspend('b', 'another')).toBe('full');
    expect(calls.close()).toHaveLength(10_000);
    const other = rig();
    for (let call = 0; call < 100; call++) other.suspend('a');
    expect(other.suspend('b')).toBe('session-full');
    other.calls.close();
  });
});

describe('the end', () => {
  test('gives back all, and nothing is suspended afterwards', () => {
    const { calls, expired, suspend } = rig();
    const handle = suspend('a', 'one');
    suspend('b', 'two');
    expect(calls.close()).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(calls.take(handle, 'ann', 'call a')).toBe('refused');
    expect(suspend('c')).toBe('closed');
    expect([calls.size, expired]).toEqual([0, []]);
  });
});
