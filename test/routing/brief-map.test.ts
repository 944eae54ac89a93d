import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BriefMap } from '../../src/routing/brief-map.js';
import { BriefSet } from '../../src/routing/brief-set.js';

describe('a brief map', () => {
  it('is like a Map, whatever comes and goes', () => {
    const key = fc.integer({ min: 0, max: 5 });
    const change = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const map = new Map<number, number>();
        const brief = new BriefMap<number, number>();
        for (const change of changes) {
          if (change.kind === 'set') {
            map.set(change.key, change.value);
            brief.set(change.key, change.value);
          } else if (change.kind === 'delete') expect(brief.delete(change.key)).toBe(map.delete(change.key));
          else {
            map.clear();
            brief.clear();
          }
          expect([...brief]).toEqual([...map]);
          expect([...brief.keys()]).toEqual([...map.keys()]);
          expect([...brief.values()]).toEqual([...map.values()]);
          expect(brief.size).toBe(map.size);
          for (let at = 0; at <= 5; at++) expect([brief.has(at), brief.get(at)]).toEqual([map.has(at), map.get(at)]);
        }
      }),
    );
  });

  it('leaves out what is deleted while it is visited', () => {
    const brief = new BriefMap<string, number>();
    const both = (): void => {
      brief.set('one', 1);
      brief.set('two', 2);
    };
    const neither = (): void => {
      brief.delete('one');
      brief.delete('two');
    };
    for (const visit of [() => brief, () => brief.keys(), () => brief.values()]) {
      both();
      const seen: unknown[] = [];
      for (const one of visit()) {
        seen.push(one);
        neither();
      }
      expect(seen).toHaveLength(1);
      expect(brief.size).toBe(0);
    }
  });
});

describe('a brief set', () => {
  it('has what was added and not taken out, in this order, also while it is visited', () => {
    const set = new BriefSet<{ name: string }>();
    const leaves = ['one', 'two', 'three'].map((name) => set.add({ name }));
    const seen: string[] = [];
    for (const { name } of set) {
      seen.push(name);
      leaves[1]?.();
    }
    expect(seen).toEqual(['one', 'three']);
    expect(set.size).toBe(2);
    leaves[1]?.();
    leaves[0]?.();
    expect([...set].map(({ name }) => name)).toEqual(['three']);
    leaves[2]?.();
    expect(set.size).toBe(0);
  });
});
