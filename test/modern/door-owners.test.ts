/** Many calls at once, of known and of anonymous clients. Each is asked what its own calls want to know, and nothing else. */
import { describe, expect, it } from 'vitest';
import { called, doors, type BackendKind, type DoorStage } from './door-stage.js';
import type { ModernSessions } from '../../src/modern/pool.js';

const open = doors();

const PEOPLE = [
  { name: 'Ann', token: 'ann' },
  { name: 'Ben', token: 'ben' },
  { name: 'Cid' },
  { name: 'Dee' },
] as const;

const CASES: readonly { readonly kind: BackendKind; readonly modernSessions: ModernSessions }[] = [
  { kind: 'http', modernSessions: 'lease' },
  { kind: 'http', modernSessions: 'shared' },
  { kind: 'http', modernSessions: 'call' },
  { kind: 'stdio', modernSessions: 'lease' },
];

describe.each(CASES)('sixteen calls of four clients over $kind ($modernSessions)', ({ kind, modernSessions }) => {
  it('ask their own client, and run once', async () => {
    const stage = await open(kind, { modernSessions });
    const calls = await allCalls(stage);
    const outcomes = await Promise.all(
      calls.map(async ({ client, name, tag }) => ({
        name,
        tag,
        text: await called(client, 'chain', { tag, length: 2 }),
      })),
    );
    for (const { name, tag, text } of outcomes) expect(text).toBe(`${name}: ${tag} 1, ${name}: ${tag} 2`);
    for (const { name, asked } of new Set(calls.map(({ person }) => person))) {
      expect(asked.toSorted()).toEqual([1, 2, 3, 4].flatMap((at) => [`${name}-${at} 1`, `${name}-${at} 2`]));
    }
    if (kind === 'http') {
      expect([...stage.journal.runs.values()]).toEqual(Array.from({ length: 16 }, () => 1));
      expect(stage.journal.cancelled).toEqual([]);
    }
    expect(stage.errors).toEqual([]);
  }, 60_000);
});

/** Four calls of each, in an order in which neighbours belong to different clients. */
async function allCalls({ connect }: DoorStage) {
  const people = await Promise.all(
    PEOPLE.map(async (options) => ({ name: options.name, ...(await connect(options)) })),
  );
  return [1, 2, 3, 4].flatMap((at) =>
    people.map((person) => ({ person, client: person.client, name: person.name, tag: `${person.name}-${at}` })),
  );
}
