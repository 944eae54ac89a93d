import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WholeEvents } from '../src/whole-events.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function pieces(chunks: readonly Uint8Array[]): string[] {
  const whole = new WholeEvents();
  return chunks.flatMap((chunk) => {
    const piece = whole.add(chunk);
    return piece === undefined ? [] : [Buffer.from(piece).toString()];
  });
}

it('holds back the beginning of an event', () => {
  expect(pieces([bytes('data: 1\n\ndata: '), bytes('2\n'), bytes('\ndata: 3')])).toEqual([
    'data: 1\n\n',
    'data: 2\n\n',
  ]);
});

it('knows every kind of line end, and one that is split over two chunks', () => {
  expect(pieces([bytes('data: 1\r\n\r'), bytes('\ndata: 2\r\rda'), bytes('ta: 3\n\n')])).toEqual([
    'data: 1\r\n\r',
    '\n' + 'data: 2\r\r',
    'data: 3\n\n',
  ]);
});

it('does not take the end of one line for an empty line', () => {
  expect(pieces([bytes('data: 1\r'), bytes('\n'), bytes('data: 2\r\n'), bytes('\r\n')])).toEqual([
    'data: 1\r\ndata: 2\r\n\r\n',
  ]);
});

it('passes on a comment, and a byte order mark', () => {
  expect(pieces([bytes('\u{feff}data: 1\n\n'), bytes(': still here\n\n')])).toEqual([
    '\u{feff}data: 1\n\n',
    ': still here\n\n',
  ]);
});

it('holds back no more than is allowed, counted in characters', () => {
  const whole = new WholeEvents(10);
  const euros = bytes('€€€€€');
  expect(whole.add(bytes('12345678\n\n12345'))).toHaveLength(10);
  // A character may be split over two chunks.
  for (const at of [0, 4, 7]) expect(whole.add(euros.subarray(at, { 0: 4, 4: 7 }[at]))).toBeUndefined();
  expect(() => whole.add(bytes('x'))).toThrow(RangeError);
});

it('allows an event that comes whole, and begins to count with the next', () => {
  const whole = new WholeEvents(10);
  for (const chunk of ['data: 1\n', '\ndata: 2\n', '\ndata: 3']) expect(() => whole.add(bytes(chunk))).not.toThrow();
  expect(() => whole.add(bytes('4567'))).toThrow('longer than 10 characters');
});

const END = fc.constantFrom('\n', '\r', '\r\n');
const LINE = fc.constantFrom('data: a', 'data: ä€', 'id: 7', 'event: message', ': x', 'data', '');

it('gives back all bytes, and an event is never in two pieces, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(LINE, END)),
      fc.array(fc.integer({ min: 0, max: 80 })),
      fc.boolean(),
      (lines, cuts, isMarked) => {
        const stream = bytes(`${isMarked ? '\u{feff}' : ''}${lines.map((line) => line.join('')).join('')}`);
        const at = [0, ...cuts.filter((cut) => cut < stream.length).sort((one, other) => one - other), stream.length];
        const given = pieces(at.slice(1).map((end, index) => stream.subarray(at[index], end)));
        const all = given.join('');
        expect(stream.toString().startsWith(all)).toBe(true);
        expect(readAlone(given)).toEqual(readAlone([all]));
        // What is held back has no event in it.
        expect(readAlone([all, stream.toString().slice(all.length)])).toEqual(readAlone([all]));
      },
    ),
  );
});

/** The events that a client reads whose connection breaks after each piece, so that only whole events count. */
function readAlone(given: readonly string[]): string[] {
  const events: string[] = [];
  given.forEach((piece) => {
    // The second half of a line end may come by itself.
    const parser = createParser({ onEvent: ({ data }) => events.push(data) });
    parser.feed(piece.replace(/^\n/, ''));
    // A client cannot know whether a last `\r` is half of a line end.
    if (piece.endsWith('\r')) parser.feed('\n');
  });
  return events;
}
