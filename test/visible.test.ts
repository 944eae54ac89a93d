import { expect, test } from 'vitest';
import { visible, visibleInJson } from '../src/visible.js';

test.each([
  ['an escape sequence', '\x1b[2J', String.raw`\x1b[2J`],
  ['a line break', 'one\ntwo', String.raw`one\x0atwo`],
  ['a mark of direction', 'a\u202eb', String.raw`a\u202eb`],
  ['a line separator', 'a\u2028b', String.raw`a\u2028b`],
  ['a tag, which has no width and lies above U+FFFF', 'a\u{e0041}b', String.raw`a\u{e0041}b`],
  ['a tab, which is left', 'a\tb', 'a\tb'],
  ['what anybody can see, which is left', 'grün 🙂', 'grün 🙂'],
])('shows %s', (_what, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('JSON says the same when it is shown, also what takes two escapes', () => {
  const value = { text: 'a\u202eb\u{e0041}c\x7f 🙂' };
  const shown = visibleInJson(JSON.stringify(value));
  expect(shown).toBe(String.raw`{"text":"a\u202eb\udb40\udc41c\u007f 🙂"}`);
  expect(JSON.parse(shown)).toEqual(value);
});
