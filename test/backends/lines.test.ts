import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { forEachLine } from '../../src/backends/lines.js';

it('tells each line of a log, whatever ends it and however it is cut, the last one too, and a long one in parts', async () => {
  const log = new PassThrough();
  const told: string[] = [];
  forEachLine(log, (line) => told.push(line));
  for (const part of ['one\r', '\ntw', 'o\n\nthree\n', 'x'.repeat(70_000), 'yy\nlast']) log.write(part);
  await once(log.end(), 'end');
  expect(told).toEqual(['one', 'two', '', 'three', 'x'.repeat(70_000), 'yy', 'last']);
});
