import { expect, it } from 'vitest';
import { compacted } from '../../src/live/compacted.js';
import { Model } from '../../src/live/model.js';
import { waitsIn } from '../../src/live/waits.js';
import { START, Story } from './records.js';

/** A call that hangs, a parked question, and then many calls that do not. */
function long(calls: number): Story {
  const story = new Story('1').open().call(0, 1, 'hangs');
  story.ask(1, { outcome: 'parked', to: 'nowhere', call: undefined });
  for (let id = 2; id < calls + 2; id++) story.call(id * 10, id).end(id * 10 + 5, id);
  return story;
}

it('keeps a call that hangs, however many came after it', () => {
  const all = long(500).records.map((record) => ({ record }));
  const kept = compacted(all, 100);
  expect(kept).toHaveLength(80);
  const model = Model.of(kept.map(({ record }) => record));
  expect(waitsIn(model).map(({ call, on, question }) => [call?.target, on, question?.id])).toEqual([
    ['hangs', 'stream', 0],
  ]);
  expect(kept.at(-1)).toBe(all.at(-1));
});

it('keeps all that fits', () => {
  const all = long(10).records.map((record) => ({ record }));
  expect(compacted(all, all.length)).toBe(all);
});

it('stays bounded when nothing ever ends', () => {
  const story = new Story('1').open();
  for (let id = 0; id < 300; id++) story.call(id, id);
  const kept = compacted(
    story.records.map((record) => ({ record })),
    100,
  );
  expect(kept).toHaveLength(80);
  expect(kept.at(-1)?.record).toMatchObject({ kind: 'call', id: 299 });
});

it('lets go what ended with its session', () => {
  const gone = new Story('1').open().call(0, 1);
  gone.tell('session-ended', 5, { reason: 'left', by: 'client', durationMs: 5 });
  const records = [...gone.records, ...new Story('2').open(10).records];
  for (let at = 20; at < 220; at++) records.push(...new Story('2').call(at, at).end(at, at).records);
  const kept = compacted(
    records.map((record) => ({ record })),
    100,
  );
  expect(kept.filter(({ record }) => record.session === '1')).toEqual([]);
  expect(kept.filter(({ record }) => record.kind === 'session-opened')).toHaveLength(1);
});

it('keeps of a call that hangs how it began and what was told last, however often it was told', () => {
  const story = new Story('1').open().call(0, 1, 'hangs');
  const told = { id: 1, method: 'tools/call', target: 'hangs', on: 'backend', refusal: undefined } as const;
  for (let at = 1; at <= 50_000; at++) {
    story.tell('waiting', at, { ...told, forMs: at, question: undefined });
    story.tell('call-cancelled', at, { id: 1, method: 'tools/call', target: 'hangs', reason: undefined });
  }
  for (let id = 2; id < 102; id++) story.call(60_000, id).end(60_001, id);
  const kept = compacted(
    story.records.map((record) => ({ record })),
    100,
  );
  const about = kept.filter(({ record }) => 'id' in record && record.id === 1).map(({ record }) => record);
  expect(about.map(({ kind, at }) => [kind, at - START])).toEqual([
    ['call', 0],
    ['call-cancelled', 49_999],
    ['waiting', 50_000],
    ['call-cancelled', 50_000],
  ]);
  expect(kept).toHaveLength(80);
});
