import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/http/message-text.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';

const nothing = { toJSON: () => undefined };
const circular: Record<string, unknown> = {};
circular['self'] = circular;

describe('the text of a message', () => {
  it.each<JsonRpcMessage>([
    { jsonrpc: '2.0', method: 'x', params: { a: [1, 'ü', null] } },
    { jsonrpc: '2.0', id: 1, method: 'x' },
    { jsonrpc: '2.0', id: 'x', result: {} },
    { jsonrpc: '2.0', id: 0, error: { code: 1, message: 'no' } },
    { jsonrpc: '2.0', id: 0, result: new Map() },
    { jsonrpc: '2.0', id: 0, result: { at: new Date(0) } },
  ])('is its JSON: %o', (message) => {
    expect(textOf(message)).toBe(JSON.stringify(message));
  });

  it('is that of the response that its toJSON makes', () => {
    const message = { toJSON: () => ({ jsonrpc: '2.0', id: 1, result: {} }), id: 1, result: {} };
    expect(textOf(message)).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
  });

  it.each<[string, object]>([
    ['a circle', { id: 1, result: circular }],
    ['a bigint', { id: 1, result: { n: 1n } }],
    ['a getter that throws', { id: 1, result: Object.defineProperty({}, 'a', { enumerable: true, get: thrower }) }],
    ['a result of which nothing is left', { id: 1, result: nothing }],
    ['an error of which nothing is left', { id: 1, error: nothing }],
    ['nothing left of it at all', { id: 1, method: 'x', ...nothing }],
    ['another id', { id: 1, result: {}, toJSON: () => ({ id: 2, result: {} }) }],
    ['a result that is a function', { id: 1, result: () => 1 }],
  ])('is missing if it has %s: it throws', (_what, message) => {
    expect(() => textOf({ jsonrpc: '2.0', ...message })).toThrow(Error);
  });
});

function thrower(): never {
  throw new Error('no');
}
