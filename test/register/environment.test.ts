import { describe, expect, test } from 'vitest';
import { durationMs } from '../../src/durations.js';
import { optionsFrom } from '../../src/register/environment.js';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['2m', 120_000],
    ['1.5s', 1_500],
    ['250', 250],
    ['0', 0],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each(['', 's', '-1', '5 s', '5h', '1e3', '5S', 'Infinity', 'soon', '1.s', '5ms5'])('%o is none', (text) => {
    expect(durationMs(text)).toBeUndefined();
  });
});

describe('options of the environment', () => {
  test('are those of withBackchannel()', () => {
    const options = optionsFrom({
      MCP_BACKCHANNEL_AMBIGUOUS: 'reject',
      MCP_BACKCHANNEL_ATTRIBUTION: 'last-inbound',
      MCP_BACKCHANNEL_PARK_TIMEOUT: '2s',
      MCP_BACKCHANNEL_MAX_PARKED: '16',
      MCP_BACKCHANNEL_MAX_PARKED_BYTES: '1000',
      MCP_BACKCHANNEL_ORPHAN_TIMEOUT: '1m',
      MCP_BACKCHANNEL_SESSION_WIDE: 'standalone-only',
      MCP_BACKCHANNEL_RESPONSE_MODE: 'json',
    });
    expect(options).toEqual({
      ambiguous: 'reject',
      attribution: 'last-inbound',
      parkTimeoutMs: 2_000,
      maxParked: 16,
      maxParkedBytes: 1000,
      orphanTimeoutMs: 60_000,
      sessionWide: 'standalone-only',
      responseMode: 'json',
    });
  });

  test('are the defaults where nothing is set, or what is set is empty', () => {
    expect(optionsFrom({ PATH: '/bin', MCP_BACKCHANNEL_AMBIGUOUS: '', MCP_BACKCHANNEL_MAX_PARKED: ' ' })).toEqual({});
  });

  test.each([
    ['MCP_BACKCHANNEL_AMBIGUOUS', 'guess'],
    ['MCP_BACKCHANNEL_ATTRIBUTION', 'none'],
    ['MCP_BACKCHANNEL_PARK_TIMEOUT', '-1'],
    ['MCP_BACKCHANNEL_PARK_TIMEOUT', '40000m'],
    ['MCP_BACKCHANNEL_MAX_PARKED', '1.5'],
    ['MCP_BACKCHANNEL_MAX_PARKED', 'many'],
    ['MCP_BACKCHANNEL_ORPHAN_TIMEOUT', '1 hour'],
    ['MCP_BACKCHANNEL_SESSION_WIDE', 'yes'],
    ['MCP_BACKCHANNEL_RESPONSE_MODE', 'xml'],
  ])('%s=%s is refused, naming the variable', (name, value) => {
    expect(() => optionsFrom({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(name) as string }) as Error,
    );
  });
});
