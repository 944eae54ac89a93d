import { describe, expect, test } from 'vitest';
import { RecentSet } from '../../src/routing/recent-set.js';

describe('remembered values', () => {
  test('are those that were added, the empty one among them', () => {
    const ids = new RecentSet<string>();
    ids.add('');
    expect([ids.has(''), ids.has('42')]).toEqual([true, false]);
  });

  test('are none at first, and none when the last is forgotten', () => {
    const ids = new RecentSet<string>();
    expect([ids.has('a'), ids.delete('a')]).toEqual([false, false]);
    ids.add('a');
    expect([ids.delete('a'), ids.has('a')]).toEqual([true, false]);
  });

  test('are the newest, and never more than a bounded number', () => {
    const ids = new RecentSet<string>();
    const all = Array.from({ length: 5_000 }, (_, index) => String(index));
    for (const id of all) ids.add(id);
    const remembered = all.filter((id) => ids.has(id));
    expect(remembered).toEqual(all.slice(-1_024));
  });

  test('are not forgotten because one of them comes again', () => {
    const ids = new RecentSet<string>();
    const all = Array.from({ length: 1_024 }, (_, index) => String(index));
    for (const id of [...all, ...all]) ids.add(id);
    expect(all.every((id) => ids.has(id))).toBe(true);
  });
});
