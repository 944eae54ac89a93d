import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callDigest } from '../../src/modern/call-digest.js';
import { canonicalText } from '../../src/modern/canonical-text.js';
import { keepText } from '../../src/original-text.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';

function parsed(text: string): JsonRpcMessage {
  return JSON.parse(text) as JsonRpcMessage;
}

function digestOf(text: string): string {
  return callDigest(parsed(text), text);
}

function call(params: string, method = 'tools/call', id = '1'): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
}

const BOOK = '{"name":"book","arguments":{"seat":7,"meal":"vegan"}}';

describe('the same call', () => {
  test.each<[string, string]>([
    ['has another id', call(BOOK, 'tools/call', '"2"')],
    ['has its members in another order', call('{"arguments":{"meal":"vegan","seat":7},"name":"book"}')],
    ['has spaces and line breaks', call('{\r\n\t"name" : "book", "arguments": { "seat":7 ,"meal":"vegan" } }')],
    ['writes a letter as an escape', call(String.raw`{"n\u0061me":"boo\u006b","arguments":{"seat":7,"meal":"vegan"}}`)],
    ['writes a number with a fraction', call('{"name":"book","arguments":{"seat":7.0,"meal":"vegan"}}')],
    ['writes a number with an exponent', call('{"name":"book","arguments":{"seat":0.7E+1,"meal":"vegan"}}')],
    ['names a member twice, of which the last counts', call(`{"name":"cancel",${BOOK.slice(1)}`)],
    ['has another envelope', call(`{"_meta":{"progressToken":1},${BOOK.slice(1)}`)],
    ['has answers and state', call(`{"inputResponses":{"a":{}},"requestState":"s",${BOOK.slice(1)}`)],
  ])('%s', (_, text) => {
    expect(digestOf(text)).toBe(digestOf(call(BOOK)));
  });

  test('has no params, or empty ones', () => {
    expect(digestOf('{"jsonrpc":"2.0","id":1,"method":"prompts/get"}')).toBe(digestOf(call('{}', 'prompts/get')));
    expect(digestOf(call('{"_meta":{}}', 'prompts/get'))).toBe(digestOf(call('{}', 'prompts/get')));
  });
});

describe('another call', () => {
  test.each<[string, string]>([
    ['has another method', call(BOOK, 'prompts/get')],
    ['has another argument', call('{"name":"book","arguments":{"seat":8,"meal":"vegan"}}')],
    ['has an argument more', call('{"name":"book","arguments":{"seat":7,"meal":"vegan","window":true}}')],
    ['has an argument less', call('{"name":"book","arguments":{"seat":7}}')],
    ['has text in place of a number', call('{"name":"book","arguments":{"seat":"7","meal":"vegan"}}')],
    ['has the text with which a number is compared', call('{"name":"book","arguments":{"seat":"7e0","meal":"vegan"}}')],
    ['has a list in place of an object', call('{"name":"book","arguments":[7,"vegan"]}')],
    [
      'is one by a client that declares less',
      call(`{"_meta":{"io.modelcontextprotocol/clientCapabilities":{"roots":{}}},${BOOK.slice(1)}`),
    ],
    ['has an argument of the name of what a retry may change', call(BOOK.replace('{"seat"', '{"_meta":1,"seat"'))],
    ['has its params in a list', call(`[${BOOK}]`)],
  ])('%s', (_, text) => {
    expect(digestOf(text)).not.toBe(digestOf(call(BOOK)));
  });

  test('differs in a number that JavaScript cannot tell apart', () => {
    const [one, other] = ['9007199254740992', '9007199254740993'].map((id) => call(`{"id":${id}}`));
    expect(parsed(String(one))).toEqual(parsed(String(other)));
    expect(digestOf(String(one))).not.toBe(digestOf(String(other)));
  });

  test('differs where members have the names of what every object has', () => {
    expect(digestOf(call('{"__proto__":1}'))).not.toBe(digestOf(call('{}')));
    expect(digestOf(call('{"arguments":{"__proto__":{"a":1}}}'))).not.toBe(digestOf(call('{"arguments":{"a":1}}')));
  });
});

describe('the text', () => {
  test('that was kept for a message counts', () => {
    const text = call('{"id":9007199254740993}');
    const message = parsed(text);
    const without = callDigest(message);
    keepText(message, text);
    expect(callDigest(message)).toBe(digestOf(text));
    expect(callDigest(message)).not.toBe(without);
  });

  test('is not needed where JavaScript holds every number', () => {
    expect(callDigest(parsed(call(BOOK)))).toBe(digestOf(call(BOOK)));
    expect(callDigest({ method: 'prompts/get' })).toBe(digestOf(call('{}', 'prompts/get')));
  });

  test('may nest deeper than a function can call itself', () => {
    const deep = `{"a":${'['.repeat(100_000)}1${']'.repeat(100_000)}}`;
    const other = `{"a":${'['.repeat(100_000)}2${']'.repeat(100_000)}}`;
    expect(digestOf(call(deep))).not.toBe(digestOf(call(other)));
  });
});

test.each<[string, string, boolean]>([
  ['1', '1.0', true],
  ['1', '1e0', true],
  ['100', '1E2', true],
  ['-0', '0', true],
  ['0e5', '0.00', true],
  ['0.1', '1e-1', true],
  ['120', '12e+1', true],
  ['1', '-1', false],
  ['1', '10', false],
  ['0.1', '0.10000000000000001', false],
  ['1e400', '1e401', false],
  ['1e99999999999999999999', '1e99999999999999999998', false],
  ['9'.repeat(500), `${'9'.repeat(499)}8`, false],
])('%s and %s are equal: %s', (one, other, areEqual) => {
  expect(canonicalText(one) === canonicalText(other)).toBe(areEqual);
});

test('texts of JSON are canonically equal if and only if their values are', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(json, json, (one, other) => {
      expect(canonicalText(one) === canonicalText(other)).toBe(isEqual(one, other));
      expect(canonicalText(JSON.stringify(backwards(JSON.parse(one)), undefined, 1))).toBe(canonicalText(one));
    }),
  );
});

function isEqual(one: string, other: string): boolean {
  return JSON.stringify(backwards(JSON.parse(one))) === JSON.stringify(backwards(JSON.parse(other)));
}

/** The same value with its members from Z to A. */
function backwards(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(backwards);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? 1 : -1));
  return Object.fromEntries(members.map(([name, member]) => [name, backwards(member)]));
}
