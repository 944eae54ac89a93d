/** The file of `--trace-file` as a file: full ones are set aside, and what cannot be written is counted. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TraceFile } from '../../src/cli/trace-file.js';

const MIB = 1_024 * 1_024;

let folder: string;
let path: string;
let reports: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
  path = join(folder, 'trace.jsonl');
  reports = [];
});
afterEach(() => rm(folder, { recursive: true }));

const traceFile = ({ maxBytes = MIB, keep = 3 } = {}): TraceFile =>
  new TraceFile({ path, maxBytes, keep }, (message) => reports.push(message));

async function write(lines: readonly string[], options = {}): Promise<void> {
  const file = traceFile(options);
  for (const line of lines) file.write(line);
  await file.close();
}

const linesOf = async (name = path): Promise<string[]> => (await readFile(name, 'utf8')).split('\n').slice(0, -1);

it('has every line in order when it is closed, and is for its owner alone', async () => {
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at}`);
  await write(lines);
  expect(await linesOf()).toEqual(lines);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(reports).toEqual([]);
});

describe('one that exists', () => {
  it('is appended to', async () => {
    await write(['one']);
    await write(['two']);
    expect(await linesOf()).toEqual(['one', 'two']);
  });

  it('has its last line ended, if that was cut off', async () => {
    await writeFile(path, 'cut');
    await write(['one']);
    expect(await linesOf()).toEqual(['cut', 'one']);
  });

  it('counts in full towards the limit', async () => {
    await write(['1234567', '1234567'], { maxBytes: 20 });
    await write(['new'], { maxBytes: 20 });
    await write(['newer'], { maxBytes: 20 });
    expect([await linesOf(`${path}.1`), await linesOf()]).toEqual([['1234567', '1234567', 'new'], ['newer']]);
  });
});

describe('a full one is set aside,', () => {
  const LINES = ['line 1', 'line 2', 'line 3', 'line 4', 'line 5'];

  it.each([
    { keep: 0, names: ['trace.jsonl'] },
    { keep: 1, names: ['trace.jsonl', 'trace.jsonl.1'] },
    { keep: 3, names: ['trace.jsonl', 'trace.jsonl.1', 'trace.jsonl.2', 'trace.jsonl.3'] },
  ])('and $keep of these are kept', async ({ keep, names }) => {
    await write(LINES, { maxBytes: 10, keep });
    expect((await readdir(folder)).sort()).toEqual(names);
    const kept = await Promise.all(names.map(async (name) => linesOf(join(folder, name))));
    expect(kept.flat()).toEqual(LINES.toReversed().slice(0, keep + 1));
  });

  it('and none is longer than the limit, unless one line is', async () => {
    await write(['12345', '12345', 'longer than the limit', '123', '45'], { maxBytes: 12 });
    expect(await linesOf(`${path}.2`)).toEqual(['12345', '12345']);
    expect(await linesOf(`${path}.1`)).toEqual(['longer than the limit']);
    expect(await linesOf()).toEqual(['123', '45']);
  });
});

describe('what cannot be written', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is counted, if the disk is too slow for more than 16 MiB, and what comes later is written', async () => {
    const file = traceFile({ maxBytes: 100 * MIB });
    for (let at = 0; at < 20; at++) file.write(String(at).padEnd(MIB - 1));
    await file.close();
    file.write('later');
    await file.close();
    const lines = await linesOf();
    // The first is on its way to the disk at once, and does not wait.
    expect(lines.slice(0, -2).map(Number)).toEqual(Array.from({ length: 17 }, (_, at) => at));
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^{"at":\d{13},"kind":"lost","count":3}$/), 'later']);
  });

  it('is counted, and its reason reported once, until it can be written', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const missing = join(folder, 'missing');
    path = join(missing, 'trace.jsonl');
    const file = traceFile();
    await file.open();
    file.write('lost: too soon after the first failure');
    vi.advanceTimersByTime(10_000);
    file.write('lost: fails');
    await file.close();
    await mkdir(missing);
    file.write('lost: too soon after the second failure');
    vi.advanceTimersByTime(10_000);
    file.write('written');
    await file.close();
    expect(await linesOf()).toEqual([expect.stringMatching(/"kind":"lost","count":3}$/), 'written']);
    const reason = `cannot write the trace to ${path}: no such file or directory (events are lost meanwhile)`;
    expect(reports).toEqual([reason]);
  });

  it.each([
    ['a folder', async () => mkdir(path)],
    ['in a file', async () => ((path = join(path, 'trace')), writeFile(join(path, '..'), ''))],
  ])('does not matter to anybody else, if the path is %s', async (_, make) => {
    await make();
    await write(['one', 'two']);
    expect(reports).toEqual([
      expect.stringMatching(/^cannot write the trace to .*: (it is not a file|not a directory) /),
    ]);
  });
});
