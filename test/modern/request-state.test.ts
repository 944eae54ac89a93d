import { expect, test } from 'vitest';
import { handleIn, nodeIn, requestStateOf } from '../../src/modern/request-state.js';

test.each([
  ['of one node only is the handle', undefined, 'aB-_9'],
  ['of several nodes names that on which the call waits', 'node', 'node.aB-_9'],
  ['of a node with full stops in its name is told apart at the last', 'host.example', 'host.example.aB-_9'],
])('a request state %s', (_, node, requestState) => {
  expect(requestStateOf('aB-_9', node)).toBe(requestState);
  expect([nodeIn(requestState), handleIn(requestState)]).toEqual([node, 'aB-_9']);
});

test('what a client makes up names whatever it says', () => {
  expect([nodeIn(''), handleIn('')]).toEqual([undefined, '']);
  expect([nodeIn('.'), handleIn('.')]).toEqual(['', '']);
});
