/** The faults that `npm run mutants` puts into the source, held to the source as it is. */
import { expect, test } from 'vitest';
import type { VitestReport } from '../../../suites/lib/vitest.js';
import { MUTANTS, outdated } from '../../properties/mutants/all.js';
import { verdictOf } from '../../properties/mutants/verdict.js';

test('each mutant finds in the source what it replaces, once', async () => {
  expect(MUTANTS.length).toBeGreaterThan(40);
  expect(await outdated(MUTANTS)).toEqual([]);
});

test('a mutant whose source has changed is found', async () => {
  const [mutant] = MUTANTS;
  if (mutant === undefined) throw new Error('no mutants');
  expect(await outdated([{ ...mutant, search: 'nowhere in the source' }])).toHaveLength(1);
});

const failed = {
  ...{ title: 'keeps order', fullName: 'keeps order', meta: {}, status: 'failed' },
  failureMessages: ['Error: Got Broken: C4 the order is kept: 1'],
};
const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
const reportOf = (status: string, tests: VitestReport['testResults'][number]['assertionResults']): VitestReport => ({
  ...counts,
  testResults: [{ name: '/copy/test/a.test.ts', status, assertionResults: tests }],
});
const verdict = (report: VitestReport | undefined, isOver = true, passed = false) =>
  verdictOf({ passed, isOver, report }, 'test/all', '/copy');

test('a mutant is caught by a test that fails, and told apart from one with which the tests break off', () => {
  expect(verdict(reportOf('passed', []), true, true)).toBeUndefined();
  expect(verdict(reportOf('failed', [failed]))).toEqual({
    how: 'a test fails',
    caughtBy: 'test/a.test.ts: C4 the order is kept',
  });
  expect(verdict(undefined, false)?.how).toBe('the tests do not end');
  expect(verdict(reportOf('passed', []))?.how).toBe('an error outside of any test');
});

test('a mutant with which the tests do not even start is an error, and no catch', () => {
  expect(() => verdict(reportOf('failed', []))).toThrow('test/a.test.ts: it does not run');
  expect(() => verdict(undefined)).toThrow('vitest does not run');
});
