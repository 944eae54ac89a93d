import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WholeEvents } from '../../../src/backends/modern/whole-events.js';

const END = fc.constantFrom('\n', '\r\n', '\r');
const LINE = fc.constantFrom('data: {"a":1}', 'event: message', ': silence', 'id: 1');
const EVENTS = fc.array(fc.tuple(fc.array(LINE, { minLength: 1, maxLength: 3 }), END), { maxLength: 5 });
const SIZES = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 20 });

it('all of a stream is passed on, each piece up to the end of an event, however it comes', () => {
  fc.assert(
    fc.property(EVENTS, SIZES, (events, sizes) => {
      const text = events.map(([lines, end]) => lines.map((line) => line + end).join('') + end).join('');
      const whole = new WholeEvents(1_000);
      const passed: string[] = [];
      for (let at = 0, turn = 0; at < text.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        passed.push(whole.add(text.slice(at, at + size)));
        at += size;
      }
      // The second half of the last line break may have been kept back.
      expect(passed.join('').trimEnd()).toBe(text.trimEnd());
      for (const piece of passed) if (piece !== '') expect(piece).toMatch(/(?:\r\n|\n|\r){2}$/);
    }),
  );
});

it('what is incomplete is kept back, and may not be too long', () => {
  const whole = new WholeEvents(10);
  expect(whole.add('data: a\n')).toBe('');
  expect(whole.add('\ndata: b')).toBe('data: a\n\n');
  expect(() => whole.add('1234567')).toThrow(RangeError);
});
