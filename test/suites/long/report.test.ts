import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { causesOf } from '../../../suites/long/lib/causes.js';
import { page } from '../../../suites/long/lib/page.js';
import { securityOf } from '../../../suites/long/lib/security.js';

test('docs/reliability.md is what the results say', async () => {
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'suites/long/report.ts', '--check']);
});

test('what is not measured is named, with the command that measures it', () => {
  expect(page(new Map())).toContain('Not measured yet: `npm run soak` does.');
});

const folders = (covered: number): object => ({ 'src/routing': { branches: { total: 10, covered } } });

test.each([
  ['all branches of routing', { passed: true, folders: folders(10) }, 'Every branch of `src/routing` is reached'],
  ['not all of them', { passed: true, folders: folders(9) }, '**1 branch of `src/routing` is not reached**'],
  ['none of them', { passed: true, folders: {} }, '**`src/routing` was not measured**'],
])('coverage of %s is told as it is', (_what, result, says) => {
  const text = page(new Map([['coverage', result]]));
  expect(text).toContain(says);
  expect(text).not.toContain('**The run failed**');
});

test('a run that failed says so', () => {
  const failed = { passed: 3, failed: 1, skipped: 0, minutes: 1, failures: ['the one'] };
  expect(page(new Map([['coverage', { passed: false, folders: folders(10) }]]))).toContain('**The run failed**');
  expect(page(new Map([['faults', failed]]))).toContain('**1 fails**: the one');
  expect(page(new Map([['fuzz', { ...failed, seed: 1, inputs: 1_000 }]]))).toContain('**1 fails**: the one');
  expect(page(new Map([['audit', { packages: 5, vulnerabilities: { total: 2, high: 2 } }]]))).toContain(
    '**2 are known**',
  );
});

test('the tests of the threat model are told, file by file', () => {
  const { threats, files } = securityOf(
    readFileSync(new URL('../../../docs/threat-model.md', import.meta.url), 'utf8'),
  );
  expect(threats).toBeGreaterThan(15);
  expect(files).toContain('test/security/smuggling.test.ts');
  expect(page(new Map([['security', { threats, files }]]))).toContain('`test/security/smuggling.test.ts`');
});

test.each([
  ['properties', { seed: 7 }, '`PROPERTY_SEED=7 npm run properties`'],
  ['fuzz', { seed: 7 }, '`FUZZ_SEED=7 npm run fuzz`'],
  ['soak', { seed: 7, minutes: 11, rate: 2_500 }, '`npm run soak -- --seed 7 --minutes 11 --rate 2500`'],
])('%s can be measured again, with the seed that was drawn', (name, result, command) => {
  expect(page(new Map([[name, result]]))).toContain(command);
});

test('why something is not reached is told of the folders where something is not', () => {
  const covered = (count: number): object => ({ branches: { total: 10, covered: count } });
  const text = page(
    new Map([['coverage', { passed: true, folders: { 'src/streams': covered(9), 'src/proxy': covered(10) } }]]),
  );
  expect(text).toContain('- `src/streams`: ');
  expect(text).not.toContain('- `src/proxy`: ');
});

test('a folder of which something is not reached, and nobody says why, is an error', () => {
  const unexplained = { passed: true, folders: { 'src/new': { branches: { total: 10, covered: 9 } } } };
  expect(() => page(new Map([['coverage', unexplained]]))).toThrow('src/new: 9 of 10 branches, and nobody says why');
});

test('a registry that refuses is told as such, with its answer, and not as one that was never asked', () => {
  const text = page(new Map([['audit', { refused: 'HTTP 405', date: '2026-01-02T03:04:05Z', commit: 'abc1234' }]]));
  expect(text).toContain('refused, with `HTTP 405`');
  expect(text).toContain('`npm run audit:runtime`, 2026-01-02, commit abc1234');
  expect(text).not.toContain('Not measured yet: `npm run audit:runtime`');
});

test('what was found is told by the names of the regression tests, also of those with values or several lines', () => {
  const text = [
    "test('one was wrong', () => {});",
    "test.each([(1), 2])('%s was wrong; \\'so\\'', () => {});",
    'it(\n  "two lines (were) wrong",\n  () => {},\n);',
    '/x/.test("no test");',
  ].join('\n');
  const { causes } = causesOf(new Map([['test/regression/a.test.ts', text]]));
  expect(causes.map(({ cause }) => cause)).toEqual(['one was wrong', "%s was wrong; 'so'", 'two lines (were) wrong']);
  expect(page(new Map([['causes', { causes }]]))).toMatch(
    /3 regression tests.*a\.test\.ts.* 3 .*one was wrong; %s was wrong/s,
  );
  expect(() => causesOf(new Map([['a', 'test(name, () => {});']]))).toThrow('no plain string');
});
