import { describe, expect, it } from 'vitest';
import { recordIn } from '../../src/live/record-in.js';
import { hangingCalls, START } from './records.js';

const WAITING = { kind: 'waiting', at: START, session: '1', id: 1, method: 'tools/call', forMs: 30_000, on: 'backend' };

function inLine(line: object | string): unknown {
  return recordIn(JSON.parse(typeof line === 'string' ? line : JSON.stringify(line)));
}

const deep = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

describe('a line of a file', () => {
  it('is an event as it was written', () => {
    const question = { id: 3, method: 'elicitation/create' };
    const more = { ...WAITING, question, node: 'n', client: 'c', message: { jsonrpc: '2.0', id: 1, result: {} } };
    for (const record of [...hangingCalls(), WAITING, more]) expect(inLine(record)).toEqual(record);
  });

  it('is an event without fields that nobody knows, and without those that are null', () => {
    expect(inLine({ ...WAITING, more: [[1]], client: null, question: null })).toEqual(WAITING);
    const question = { id: null, method: 'roots/list', more: 1 };
    expect(inLine({ ...WAITING, question })).toEqual({ ...WAITING, question: { method: 'roots/list' } });
    expect(inLine(`{"kind":"backend-started","at":1,"more":${deep(20_000)}}`)).toEqual({
      kind: 'backend-started',
      at: 1,
    });
  });

  it.each([
    '{"at":8.64e15}',
    '{"at":-1}',
    '{"at":"1"}',
    '{"forMs":1e17}',
    '{"forMs":1e999}',
    '{"id":1e999}',
    '{"id":null}',
    '{"client":5}',
    '{"node":{}}',
    '{"target":5}',
    '{"refusal":5}',
    '{"question":5}',
    '{"question":{"id":{},"method":"x"}}',
    '{"question":{"id":1}}',
    '{"kind":"call-ended","durationMs":1e17,"outcome":"result"}',
    '{"kind":"call-ended","durationMs":1,"outcome":"result","error":{}}',
    '{"kind":"route","outcome":"delivered","waitedMs":1,"evidence":5}',
    '{"kind":"route","outcome":"delivered","waitedMs":1,"call":{}}',
    '{"kind":"suspended","round":1,"inputs":[{}]}',
    '{"kind":"toString"}',
    `{"message":${deep(20_000)}}`,
  ])('is no event with %.80s', (fields) => {
    expect(inLine(`{${JSON.stringify(WAITING).slice(1, -1)},${fields.slice(1)}`)).toBeUndefined();
  });

  it.each(['null', '1', '[]', '{}', '"x"', deep(20_000)])('is no event if it is %.20s', (line) => {
    expect(inLine(line)).toBeUndefined();
  });
});
