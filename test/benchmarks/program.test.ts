import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderFor, RESULTS, write } from '../../benchmarks/lib/program.js';
import type { ProfileResult } from '../../benchmarks/lib/results.js';

test('the recorded results are replaced by a whole run alone, unless somebody asks for it', () => {
  expect(folderFor(undefined, false)).toBe(RESULTS);
  expect(folderFor(undefined, true)).not.toContain(RESULTS);
  expect(folderFor('mine', true)).toBe('mine');
});

test('a result takes the place of the one before, and nothing is left next to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-results-'));
  try {
    for (const node of ['first', 'second']) write({ out: folder }, 'profile', { node } as ProfileResult);

    expect(await readdir(folder)).toEqual(['profile.json']);
    expect(await readFile(join(folder, 'profile.json'), 'utf8')).toContain('second');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
