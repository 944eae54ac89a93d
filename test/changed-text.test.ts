import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changedText, withChangedText, withTextOfParts } from '../src/changed-text.js';
import { jsonOf } from '../src/json-messages.js';
import { keepText } from '../src/original-text.js';

interface Message {
  readonly a: { readonly b: number; readonly c: readonly number[] };
  readonly d?: unknown;
}

const TEXT = '{ "a": {"b": 1.0, "c": [12345678901234567890]}, "d": 2.50 }';

function read(): Message {
  const message = JSON.parse(TEXT) as Message;
  keepText(message, TEXT);
  return message;
}

it.each<[string, (message: Message) => object, string]>([
  ['a new member', (message) => ({ ...message, e: 1 }), '{"a":{"b": 1.0, "c": [12345678901234567890]},"d":2.50,"e":1}'],
  ['one member less', ({ a }) => ({ a }), '{"a":{"b": 1.0, "c": [12345678901234567890]}}'],
  ['a member without value', (message) => ({ ...message, a: undefined }), '{"d":2.50}'],
  [
    'another value',
    (message) => ({ ...message, d: { e: 3 } }),
    '{"a":{"b": 1.0, "c": [12345678901234567890]},"d":{"e":3}}',
  ],
  [
    'another value within',
    (message) => ({ ...message, a: { ...message.a, b: 2 } }),
    '{"a":{"b":2,"c":[12345678901234567890]},"d":2.50}',
  ],
  ['an object in place of a number', (message) => ({ d: message.a }), '{"d":{"b":1,"c":[12345678901234567000]}}'],
  ['all of it', (message) => message, TEXT],
  ['all of it within another', (message) => ({ message }), `{"message":${TEXT}}`],
])('what is not changed keeps its text: %s', (_name, change, text) => {
  const message = read();
  const changed = change(message);
  expect(changedText(changed, message)).toBe(text);
  expect(jsonOf(withChangedText(changed, message))).toBe(text);
});

it('a new message is written with the texts of the objects in it', () => {
  expect(jsonOf(withTextOfParts({ id: 1, result: read() }))).toBe(`{"id":1,"result":${TEXT}}`);
  expect(jsonOf(withTextOfParts({ id: 1, result: { a: 1 } }))).toBe('{"id":1,"result":{"a":1}}');
});

it('an object whose text is not known is written like any other', () => {
  const message = JSON.parse(TEXT) as Message;
  expect(changedText({ ...message, d: 1 }, message)).toBe('{"a":{"b":1,"c":[12345678901234567000]},"d":1}');
  expect(jsonOf(withChangedText({ e: 1 }, message))).toBe('{"e":1}');
});

it('the text says the same as the object, whatever is changed', () => {
  const fields = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '"', 'ä'), fc.jsonValue({ maxDepth: 2 }));
  const spaces = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(fields, fields, spaces, (before, change, indent) => {
      const text = JSON.stringify(before, undefined, indent);
      const original = JSON.parse(text) as object;
      keepText(original, text);
      const changed = { ...original, ...change };
      const plain = JSON.stringify(changed);
      expect(JSON.stringify(JSON.parse(changedText(changed, original)))).toBe(JSON.stringify(JSON.parse(plain)));
    }),
  );
});

it('what is nested more deeply than JavaScript can write is written all the same', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const text = `{"id":1,"result":${deep}}`;
  const original = JSON.parse(text) as object;
  keepText(original, text);
  expect(changedText({ ...original, id: 2 }, original)).toBe(`{"id":2,"result":${deep}}`);
});
