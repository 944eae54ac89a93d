import { expect, test } from 'vitest';
import { assertNever } from '../../src/routing/assert-never.js';
import { notification } from '../support/messages.js';
import { decide } from '../support/verdict.js';

// TypeScript lets none of this through; a caller without it may bring it all the same.
const unheardOf = 'unheard of' as never;

test('a value that no branch handles is an error that shows it', () => {
  expect(() => assertNever(unheardOf)).toThrow(new TypeError('unexpected value: "unheard of"'));
});

test('a scope that does not exist is an error, and no route', () => {
  const row = { title: '', message: notification('m'), hints: { scope: unheardOf }, expected: '' };
  expect(() => decide(row)).toThrow('unexpected value: "unheard of"');
});

test('a state of the standalone stream that does not exist is an error, and no route', () => {
  const row = { title: '', message: notification('m'), standalone: unheardOf, expected: '' };
  expect(() => decide(row)).toThrow('unexpected value: "unheard of"');
});
