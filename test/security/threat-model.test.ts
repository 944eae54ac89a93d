/** The threat model names tests: they exist, and are run. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { threatsIn } from '../../suites/long/lib/security.js';
import { titlesIn } from '../support/titles.js';

const ROOT = new URL('../../', import.meta.url);
const threats = threatsIn(readFileSync(new URL('docs/threat-model.md', ROOT), 'utf8'));

it.each(threats.map((section) => [section.split('\n')[0], section]))('tests are run for "%s"', (_threat, section) => {
  const named = [...section.matchAll(/`(test\/[^`]+?) › ([^`]+)`/g)];
  expect(named).not.toEqual([]);
  for (const [, file = '', name = ''] of named) {
    expect(file).toMatch(/\.test\.ts$/);
    expect(titlesIn(new URL(file, ROOT)), file).toContain(name);
  }
});

it('a name counts that is the title of a test, or a row of its table, and not one that merely stands in the file', () => {
  const source = `
    const ROWS = ['a row elsewhere'];
    const other = 'no title'; // it('commented out')
    describe('a group', () => {
      it('run', () => { expect(x).toBe('expected'); });
      test.skipIf(old)('run somewhere', () => {});
      it.each([['a row', 1]])('with %s', () => {});
      it.each(ROWS)(\`with \${other} %s\`, () => {});
      it.skip('skipped', () => {});
      test.todo('to do');
    });
    describe.skip('another', () => { it('skipped with its group', () => {}); });`;
  const titles = titlesIn(new URL('example.test.ts', import.meta.url), source);
  expect([...titles].sort()).toEqual(['a row', 'a row elsewhere', 'run', 'run somewhere', 'with %s']);
});

it.each([
  'Session hijack',
  'Cross-session leak',
  'Confused deputy',
  'Prompt to the wrong user',
  'Resource exhaustion',
  'Header smuggling',
  'Log injection',
])('"%s" has a section of its own', (threat) => {
  expect(threats.filter((section) => section.startsWith(threat))).not.toEqual([]);
});
