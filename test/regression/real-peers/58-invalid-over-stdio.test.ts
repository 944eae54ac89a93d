/** A client of `--stdio` sends what is no valid message. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Message } from '../../../examples/lib/strict-client.js';
import { Started } from '../../cli/support.js';
import { overStdio, type LineClient } from './stdio-rig.js';

const started = new Started();
let client: LineClient;
beforeAll(async () => {
  client = await overStdio(started);
});
afterAll(async () => started.end());

/** The errors that have come since a test began: all tests speak to one command. */
function errorsFrom(): () => Message[] {
  const before = client.messages.length;
  return () => client.messages.slice(before).filter((message) => message.error !== undefined);
}

const CALL = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'echo' } };

it.each<[string, string, number]>([
  ['no JSON', 'hello', -32700],
  ['JSON that ends too soon', '{"jsonrpc":"2.0","id":1,"method":', -32700],
  ['an empty batch', '[]', -32600],
  [
    'a batch',
    JSON.stringify([
      { ...CALL, id: 1 },
      { ...CALL, id: 2 },
    ]),
    -32600,
  ],
  ['an id that is a fraction', JSON.stringify({ ...CALL, id: 1.5 }), -32600],
  ['an id of null', JSON.stringify({ ...CALL, id: null }), -32600],
  ['an id that is an object', JSON.stringify({ ...CALL, id: {} }), -32600],
  ['an id that is true', JSON.stringify({ ...CALL, id: true }), -32600],
  ['a text', '"hello"', -32600],
  ['a number', '3', -32600],
  ['null', 'null', -32600],
  ['an object with nothing in it', '{}', -32600],
  ['a method that is a number', JSON.stringify({ jsonrpc: '2.0', method: 3 }), -32600],
])(
  '58 %s is answered with an error that names no request, and whoever follows is served',
  async (_what, line, code) => {
    const errors = errorsFrom();
    client.send(line);
    const id = client.call('echo', { text: 'served' });
    expect(await client.answerTo(id)).toMatchObject({ result: { content: [{ text: 'served' }] } });
    expect(errors()).toEqual([{ jsonrpc: '2.0', id: null, error: { code, message: expect.any(String) as string } }]);
  },
);

it.each<[string, string]>([
  ['an empty line', ''],
  ['spaces', '  \t\r'],
  ['an error that names no request', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}'],
  ['an answer that is not valid', '{"jsonrpc":"2.0","id":1.5,"result":{}}'],
])('58 %s is answered by nobody', async (_what, line) => {
  const errors = errorsFrom();
  client.send(line);
  const id = client.call('echo');
  await client.answerTo(id);
  expect(errors()).toEqual([]);
});
