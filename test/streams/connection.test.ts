import { describe, expect, test } from 'vitest';
import { HttpConnection, eventIdIn } from '../../src/streams/connection.js';

const event = 'event: message\nid: 42\ndata: {"jsonrpc":"2.0"}\n\n';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the id of an event', () => {
  test.each([
    ['behind the name of the event', event, '42'],
    ['in front of all else', 'id: 42\ndata: {}\n\n', '42'],
    ['without a space', 'id:42\ndata: {}\n\n', '42'],
    ['with a colon and a space in it', 'id: stream_1: 42\ndata: {}\n\n', 'stream_1: 42'],
    ['of an event that only primes the client', 'id: 42\nretry: 1000\ndata: \n\n', '42'],
    ['none: it has no id', 'event: message\ndata: {}\n\n', undefined],
    ['none: its data speak of an id', 'event: message\ndata: id: 42\n\n', undefined],
    ['none: its data have a line that looks like one', 'data: {\nid: 42\ndata: }\n\n', undefined],
    ['none: a comment that keeps the connection alive', ': keep-alive\n\n', undefined],
    ['none: the name of the event is not a name alone', 'event: a\nevent: b\nid: 42\n\n', undefined],
    ['none: the line is not over', 'id: 4', undefined],
    ['none: nothing was written', '', undefined],
  ])('is found %s', (_where, text, expected) => {
    expect(eventIdIn(text)).toBe(expected);
    expect(eventIdIn(bytes(text))).toBe(expected);
    expect(eventIdIn(Buffer.from(text))).toBe(expected);
  });

  test('is found in front of data of any size, and of bytes that are no text', () => {
    const large = new Uint8Array(100_000).fill(0xff);
    large.set(bytes('id: 42\ndata: '));
    expect(eventIdIn(large)).toBe('42');
  });

  test.each([[undefined], [null], [42], [{ id: '42' }], [['id: 42\n']]])('is not looked for in %o', (chunk) => {
    expect(eventIdIn(chunk)).toBeUndefined();
  });
});

test('a connection is open, and neither a stream nor resumable, until something says so', () => {
  const connection = new HttpConnection('POST', undefined);
  expect(connection).toMatchObject({ requests: [], isOpen: true, isStream: false, isResumable: false });
});
