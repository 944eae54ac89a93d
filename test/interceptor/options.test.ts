import { describe, expect, test } from 'vitest';
import {
  asUpstream,
  BackchannelError,
  withBackchannel,
  type BackchannelOptions,
  type TransportLike,
} from '../../src/index.js';
import { NullTransport } from '../support/null-transport.js';

function errorOf(options: unknown): BackchannelError {
  return thrownBy(() => withBackchannel(new NullTransport(), options as BackchannelOptions));
}

function thrownBy(wrap: () => unknown): BackchannelError {
  try {
    wrap();
  } catch (error) {
    if (error instanceof BackchannelError) return error;
    throw error;
  }
  return expect.unreachable('nothing was thrown');
}

describe('what is no transport is refused', () => {
  class Server {
    connect = (): void => undefined;
    close = (): void => undefined;
  }
  test.each([
    [undefined, 'start(), send(), close(), and is undefined'],
    [null, 'start(), send(), close(), and is null'],
    [NullTransport, 'start(), send(), close(), and is function'],
    [new Server(), 'start(), send(), and is Server'],
    [Object.create(null), 'start(), send(), close(), and is an object'],
  ])('%o', (value, missing) => {
    for (const wrap of [withBackchannel, asUpstream]) {
      const error = thrownBy(() => wrap(value as TransportLike));
      expect(error.code).toBe('INVALID_TRANSPORT');
      expect(error.message).toBe(
        `the value to wrap is not a transport: it has no ${missing}. Wrap what you would give to connect(), and give it the result.`,
      );
    }
  });
});

describe('an invalid option is refused by withBackchannel(), naming the option and its value', () => {
  test.each([
    ['ambiguous', 'guess', "'last-inbound' or 'reject'", '"guess"'],
    ['ambiguous', null, "'last-inbound' or 'reject'", 'null'],
    ['ambiguous', true, "'last-inbound' or 'reject'", 'true'],
    ['ambiguous', '', "'last-inbound' or 'reject'", '""'],
    ['attribution', 'none', "'context' or 'last-inbound'", '"none"'],
    ['attribution', 0, "'context' or 'last-inbound'", '0'],
    ['attribution', ['context'], "'context' or 'last-inbound'", 'an array'],
    ['sessionOf', 'x', 'a function', '"x"'],
    ['sessionOf', null, 'a function', 'null'],
    ['scopeOf', {}, 'a function', 'an object'],
    ['scopeOf', 7, 'a function', '7'],
    ['attribution', () => 'context', "'context' or 'last-inbound'", 'a function'],
  ])('%s: %o', (name, value, expected, shown) => {
    const error = errorOf({ [name]: value });
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toBe(`option ${name} must be ${expected}, not ${shown}`);
  });

  test.each([null, 7, 'reject', () => undefined])('options: %o', (options) => {
    expect(errorOf(options).code).toBe('INVALID_OPTION');
    expect(errorOf(options).message).toContain('options must be an object');
  });

  test.each(['ambigous', '__proto__x', 'toString'])('an option that does not exist: %s', (name) => {
    const error = errorOf({ [name]: 1 });
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(`unknown option "${name}"`);
    expect(error.message).toContain(
      'ambiguous, attribution, parkTimeoutMs, maxParked, maxParkedBytes, orphanTimeoutMs, sessionWide, responseMode, sessionOf, scopeOf',
    );
  });

  test('does not wrap the transport', () => {
    const inner = new NullTransport();
    expect(() => withBackchannel(inner, { ambiguous: 'guess' as 'reject' })).toThrow(BackchannelError);
    expect('backchannel' in inner).toBe(false);
    expect(inner.onclose).toBeUndefined();
    expect(withBackchannel(inner, { ambiguous: 'reject' }).backchannel).toBeDefined();
  });
});

test('undefined stands for the default, for each option and for all', () => {
  const all = { ambiguous: undefined, attribution: undefined, sessionOf: undefined, scopeOf: undefined };
  for (const options of [undefined, {}, all]) {
    expect(withBackchannel(new NullTransport(), options).backchannel).toBeDefined();
  }
});
