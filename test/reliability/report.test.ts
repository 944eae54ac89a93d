import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { page } from '../../reliability/lib/page.js';
import { securityOf } from '../../reliability/lib/security.js';

test('docs/reliability.md is what the results say', async () => {
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'reliability/report.ts', '--check']);
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
  const { threats, files } = securityOf(readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8'));
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
    new Map([['coverage', { passed: true, folders: { 'src/http': covered(9), 'src/proxy': covered(10) } }]]),
  );
  expect(text).toContain('- `src/http`: ');
  expect(text).not.toContain('- `src/proxy`: ');
});
