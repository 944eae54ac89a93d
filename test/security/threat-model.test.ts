/** SECURITY.md names tests: they exist. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const [, table = ''] = readFileSync(new URL('SECURITY.md', ROOT), 'utf8').split('<!-- threats -->');
const rows = table.split('\n').filter((line) => line.startsWith('|'));

it.each(rows.slice(2).map((row) => [row.split('|')[1]?.trim(), row]))('the tests exist for "%s"', (_threat, row) => {
  const named = [...row.matchAll(/`(test\/[^`]+?) › ([^`]+)`/g)];
  expect(named).not.toEqual([]);
  for (const [, file = '', name = ''] of named) {
    const source = readFileSync(new URL(file, ROOT), 'utf8');
    const quoted = ["'", '"', '`'].map((quote) => `${quote}${name}${quote}`);
    expect(
      quoted.some((text) => source.includes(text)),
      `${file} › ${name}`,
    ).toBe(true);
  }
});

it.each([
  'Session hijack',
  'Cross-session leak',
  'Confused deputy',
  'Prompt to the wrong user',
  'Resource exhaustion',
  'Header smuggling',
  'Log injection',
])('"%s" has a row of its own', (threat) => {
  expect(rows.filter((row) => row.startsWith(`| ${threat}`))).not.toEqual([]);
});
