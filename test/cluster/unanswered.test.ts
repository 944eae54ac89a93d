import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastEvents } from '../../src/cluster/last-words.js';
import { requestsIn, Unanswered } from '../../src/cluster/unanswered.js';
import { WholeEvents } from '../../src/whole-events.js';

describe('what is not answered yet', () => {
  it('are the requests of a body, without notifications and responses', () => {
    const body = [
      { jsonrpc: '2.0', id: 1, method: 'a' },
      { jsonrpc: '2.0', method: 'b' },
      { jsonrpc: '2.0', id: 's', method: 'c' },
      { jsonrpc: '2.0', id: 9, result: {} },
    ];
    expect(requestsIn(Buffer.from(JSON.stringify(body)))).toEqual([1, 's']);
    expect(requestsIn(Buffer.from('{"id":'))).toEqual([]);
    expect(requestsIn(undefined)).toEqual([]);
  });

  it('are the requests whose response did not pass by', () => {
    const open = new Unanswered(() => [1, 2, 's']);
    open.sees(Buffer.from('\u{feff}data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'));
    open.sees(
      Buffer.from(
        'event: message\r\ndata: {"jsonrpc":"2.0",\r\ndata: "id":"s","error":{"code":1,"message":""}}\r\n\r\n',
      ),
    );
    // A server request with the same id is no response, and an event of another type is no message.
    open.sees(
      Buffer.from('data: {"jsonrpc":"2.0","id":2,"method":"ping"}\n\nevent: other\ndata: {"id":2,"result":{}}\n\n'),
    );
    expect(open.ids).toEqual([2]);
  });

  it('keeps ids that JavaScript cannot hold', () => {
    const ids = requestsIn(Buffer.from('[{"id":9007199254740993,"method":"a"},{"id":9007199254740992,"method":"b"}]'));
    const open = new Unanswered(() => ids);
    open.sees(Buffer.from('data: {"id":9007199254740992,"result":{}}\n\n'));
    expect(lastEvents(open.ids, 'lost')).toContain('"id":9007199254740993,');
    expect(lastEvents(open.ids, 'lost')).not.toContain('9007199254740992');
  });

  it('waits for nothing after an event whose last line ends in a return', () => {
    const open = new Unanswered(() => [1, 2, 3]);
    open.sees(Buffer.from('data: {"id":1,"result":{}}\r\r'));
    expect(open.ids).toEqual([2, 3]);
    open.sees(Buffer.from('\ndata: {"id":2,"result":{}}\r\n\r'));
    expect(open.ids).toEqual([3]);
    open.sees(Buffer.from('\n'));
    open.sees(Buffer.from('data: {"id":3,"result":{}}\n\n'));
    expect(open.ids).toEqual([]);
  });

  it('is found however a stream with any line ends is cut', () => {
    fc.assert(
      fc.property(fc.array(EVENT), fc.boolean(), fc.array(fc.nat(400)), (events, isMarked, cuts) => {
        const stream = Buffer.from(`${isMarked ? '\u{feff}' : ''}${events.map(textOf).join('')}`);
        const at = [0, ...cuts.filter((cut) => cut < stream.length).sort((one, other) => one - other), stream.length];
        const whole = new WholeEvents();
        const open = new Unanswered(() => [0, 1, 2, 3]);
        for (const [index, end] of at.slice(1).entries()) {
          const piece = whole.add(stream.subarray(at[index], end));
          if (piece !== undefined) open.sees(piece);
        }
        const answered = new Set(events.filter(({ kind }) => kind === 'response').map(({ id }) => id));
        expect(open.ids).toEqual([0, 1, 2, 3].filter((id) => !answered.has(id)));
        expect(open.isResumable).toBe(events.some(({ eventId }) => eventId !== ''));
      }),
    );
  });
});

describe('a client can come back', () => {
  it.each([
    ['to an event that had an id', 'data: {}\nid: 7\n\n', true],
    ['to the first event, which has no message', 'id: 7\ndata: \n\n', true],
    ['not to an event without one', 'event: message\ndata: {}\n\n', false],
    ['not to one that is empty', 'id:\ndata: {}\n\n', false],
    ['not to a line of a message that looks like one', `data: ${JSON.stringify({ text: '\u2028id: 7' })}\n\n`, false],
  ])('%s', (_, events, canComeBack) => {
    const open = new Unanswered(() => [1]);
    open.sees(Buffer.from(events));
    expect(open.isResumable).toBe(canComeBack);
  });
});

interface Event {
  readonly kind: 'response' | 'request' | 'other';
  readonly id: number;
  readonly eventId: string;
  readonly end: string;
  readonly text: string;
}

/** Request 0 is never answered. */
const EVENT = fc.record({
  kind: fc.constantFrom('response' as const, 'request' as const, 'other' as const),
  id: fc.integer({ min: 1, max: 3 }),
  eventId: fc.constantFrom('', '7'),
  end: fc.constantFrom('\n', '\r', '\r\n'),
  text: fc.constantFrom('a', 'ä€', '\u{feff}', '\u2028id: 7', '\r'),
});

function textOf({ kind, id, eventId, end, text }: Event): string {
  const body = kind === 'request' ? { id, method: 'ping', params: { text } } : { id, result: { text } };
  const lines = [kind === 'other' ? 'event: other' : 'event: message', `data:${JSON.stringify(body)}`, 'data: '];
  return [...(eventId === '' ? [] : [`id: ${eventId}`]), ...lines, '', ': a comment', '']
    .map((line) => line + end)
    .join('');
}
