/** What a process that ends finds when another of its threads is at work on the file, in each of its steps. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeLast } from '../../src/cli/last-lines.js';

const MIB = 1_024 * 1_024;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trace-'));
  path = join(folder, 'trace.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const bytes = (text: string): Buffer => Buffer.from(text);
const textOf = (name = path): string => readFileSync(name, 'utf8');
const options = (maxBytes = MIB, keep = 3): Parameters<typeof writeLast>[0] => ({ path, maxBytes, keep });

it('writes the lines that are about to be written, and then those that wait', () => {
  writeFileSync(path, 'old\n');
  writeLast(options(), { lines: bytes('begun\n') }, [bytes('one\n'), bytes('two\n')]);
  expect(textOf()).toBe('old\nbegun\none\ntwo\n');
});

it.each([
  ['have been written', 'begun\n'],
  ['were written in part, by a thread that is stuck', 'beg'],
  ['are still to be written, by a thread that is stuck', ''],
])('has lines once that %s', (_how, written) => {
  writeFileSync(path, `old\n${written}`);
  const fd = openSync(path, 'a+');
  writeLast(options(), { lines: bytes('begun\n'), writing: { fd, from: 4 } }, [bytes('one\n')]);
  expect(textOf()).toBe('old\nbegun\none\n');
  // The thread comes to its turn.
  if (written !== 'begun\n') expect(() => writeSync(fd, 'begun\n')).toThrow('EBADF');
  expect(textOf()).toBe('old\nbegun\none\n');
  closeSync(fd);
});

it('goes on where a rotation has come to', () => {
  writeFileSync(path, '1234567890\n');
  writeFileSync(`${path}.2`, 'older\n');
  // `.1` has become `.2`, and the file itself is next.
  writeLast(options(12), { lines: bytes('begun\n'), moving: `${path}.1` }, [bytes('one\n'), bytes('two\n')]);
  expect([textOf(), textOf(`${path}.1`), textOf(`${path}.2`)]).toEqual(['two\n', 'begun\none\n', '1234567890\n']);
});

it('lets a file become too long that a stuck thread is to rename', () => {
  writeFileSync(path, '1234567890\n');
  writeLast(options(12), { lines: bytes('begun\n'), moving: path }, [bytes('one\n')]);
  expect(textOf()).toBe('1234567890\nbegun\none\n');
});

it('ends a line that was cut off, and leaves none cut off', () => {
  writeFileSync(path, 'cut');
  writeLast(options(), undefined, [bytes('one\n')]);
  expect(textOf()).toBe('cut\none\n');
});

it('makes no file for nothing', () => {
  writeLast(options(), undefined, []);
  expect(() => textOf()).toThrow('ENOENT');
});
