import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { staleness } from '../../../suites/long/lib/stale.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-'));
  mkdirSync(join(folder, 'src'));
  git('init', '--quiet');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  // A hook of git that runs the tests has told them its own repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  return execFileSync('git', [...who, ...args], { cwd: folder, env, encoding: 'utf8' }).trim();
}

function committed(file: string, text: string): string {
  writeFileSync(join(folder, file), text);
  git('add', '.');
  git('commit', '--quiet', '--message', text);
  return git('rev-parse', '--short', 'HEAD');
}

test('a result is stale when the source has changed since, and only then', () => {
  const first = committed('src/a.ts', 'a');
  committed('page.md', 'the result');
  expect(staleness('soak', { commit: first }, folder)).toEqual([]);
  const second = committed('src/a.ts', 'b');
  expect(staleness('soak', { commit: first }, folder)).toEqual([`soak: src has changed since ${first}`]);
  expect(staleness('soak', { commit: second }, folder)).toEqual([]);
});

test('each part of a result that has a commit of its own is looked at', () => {
  const first = committed('src/a.ts', 'a');
  const second = committed('src/a.ts', 'b');
  const result = { runs: [{ commit: first }, { commit: second }, { commit: first }] };
  expect(staleness('node', result, folder)).toEqual([`node: src has changed since ${first}`]);
});

test('what was never committed, and what this clone does not have, is told as such', () => {
  const first = committed('src/a.ts', 'a');
  expect(staleness('fuzz', { commit: `${first}-dirty` }, folder)).toEqual([
    `fuzz: measured on changes to ${first} that were not committed`,
  ]);
  expect(staleness('fuzz', { commit: '0000000' }, folder)).toEqual([
    'fuzz: this clone does not know the commit 0000000',
  ]);
  expect(staleness('security', { threats: 20 }, folder)).toEqual([]);
});
