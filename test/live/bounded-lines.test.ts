import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { boundedLines } from '../../src/cli/bounded-lines.js';

async function linesOf(...parts: string[]): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  for await (const line of boundedLines(Readable.from(parts), 5)) lines.push(line);
  return lines;
}

it('gives the lines of a text, wherever it is parted', async () => {
  const text = 'one\r\ntwo\n\n\u2028\rx\nlast';
  const lines = ['one', 'two', '', '\u2028\rx', 'last'];
  expect(await linesOf(text)).toEqual(lines);
  expect(await linesOf(...Array.from(text))).toEqual(lines);
  expect(await linesOf(`${text}\n`)).toEqual(lines);
});

it('leaves out lines that are too long', async () => {
  expect(await linesOf('123456\n12345\n', '123', '456', '789\nx\n123456')).toEqual([
    undefined,
    '12345',
    undefined,
    'x',
    undefined,
  ]);
});
