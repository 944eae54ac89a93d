import { describe, expect, it } from 'vitest';
import { outcomeOf, regressionsOf, type Check } from '../../../suites/conformance/lib/verdict.js';

const check = (id: string, status: Check['status']): Check => ({ id, status });

describe('outcomeOf', () => {
  it.each([
    [['SUCCESS', 'INFO'], 'pass'],
    [['SUCCESS', 'WARNING'], 'warn'],
    [['SUCCESS', 'WARNING', 'FAILURE'], 'fail'],
    [['INFO', 'SKIPPED'], 'skip'],
    [[], 'skip'],
  ] as const)('makes of %j: %s', (statuses, verdict) => {
    expect(outcomeOf(statuses.map((status) => check('a', status))).verdict).toBe(verdict);
  });

  it('takes a scenario that did not come to its end for one that failed', () => {
    expect(outcomeOf(undefined).verdict).toBe('fail');
  });
});

describe('regressionsOf', () => {
  it.each([
    ['SUCCESS', 'FAILURE'],
    ['SUCCESS', 'WARNING'],
    ['SUCCESS', 'INFO'],
    ['WARNING', 'FAILURE'],
    ['INFO', 'WARNING'],
  ] as const)('finds a check that was %s directly and is %s now', (before, after) => {
    expect(regressionsOf([check('a', before)], [check('a', after)])).toEqual([`a: ${before} directly, now ${after}`]);
  });

  it('finds a check that is not made any more', () => {
    expect(regressionsOf([check('a', 'SUCCESS')], [])).toEqual(['a: SUCCESS directly, now nothing']);
  });

  it('finds a failure of which nothing was heard directly', () => {
    expect(regressionsOf([], [check('a', 'FAILURE')])).toEqual(['a: nothing directly, now FAILURE']);
  });

  it('finds the one failure among checks of the same id', () => {
    const now = [check('a', 'SUCCESS'), check('a', 'FAILURE')];
    expect(regressionsOf([check('a', 'SUCCESS')], now)).toEqual(['a: SUCCESS directly, now SUCCESS and FAILURE']);
  });

  it('finds a scenario that does not come to its end any more', () => {
    expect(regressionsOf([check('a', 'SUCCESS')], undefined)).toHaveLength(1);
  });

  it('has nothing to say of what is as good, or better', () => {
    const direct = [check('a', 'SUCCESS'), check('b', 'WARNING'), check('c', 'FAILURE'), check('d', 'INFO')];
    const now = [check('a', 'SUCCESS'), check('b', 'SUCCESS'), check('c', 'FAILURE')];
    expect(regressionsOf(direct, now)).toEqual([]);
  });
});
