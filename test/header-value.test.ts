import fc from 'fast-check';
import { expect, it } from 'vitest';
import { headerValueOf, textInHeader } from '../src/header-value.js';

it.each([
  ['add', 'add'],
  ['a b', 'a b'],
  ['file:///a?b=c', 'file:///a?b=c'],
  ['', '=?base64??='],
  ['=?base64?=', '=?base64?PT9iYXNlNjQ/PQ==?='],
  ['ä', '=?base64?w6Q=?='],
  [' a', '=?base64?IGE=?='],
  ['a ', '=?base64?YSA=?='],
  ['a\nb', '=?base64?YQpi?='],
  ['=?base64?YQ==?=', '=?base64?PT9iYXNlNjQ/WVE9PT89?='],
  ['\ufeffa', '=?base64?77u/YQ==?='],
])('the text %j is the header value %j', (text, value) => {
  expect(headerValueOf(text)).toBe(value);
  expect(textInHeader(value)).toBe(text);
});

it.each(['=?base64?$?=', '=?base64?YQ?=', '=?base64?YQ=?=', '=?base64?/w==?=', '=?base64?Y Q?='])(
  'the header value %j is no text',
  (value) => {
    expect(textInHeader(value)).toBeUndefined();
  },
);

it.each(['=?base64?', '=?base64?=', '?=', '=?BASE64?YQ==?=', 'a=?base64?YQ==?='])(
  'the text %j has no mark',
  (value) => {
    expect(textInHeader(value)).toBe(value);
  },
);

it('any text passes through a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const sent = new Headers({ 'mcp-name': headerValueOf(text) }).get('mcp-name');
      expect(textInHeader(sent ?? '')).toBe(text);
    }),
  );
});
