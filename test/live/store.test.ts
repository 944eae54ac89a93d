/** The state of the page, as its stream makes it: without a browser. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { jsonLines } from '../../src/live/exported.js';
import { Store } from '../../src/live/store.js';
import type { Hello } from '../../src/live/wire.js';
import { manyRecords } from './many.js';
import { START, Story } from './records.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const hello = (more: Partial<Hello> = {}): Hello => ({
  ...{ name: 'a-server', source: 'proxy', badLines: 0, now: START, isContinued: false },
  ...more,
});

function storeWith(...stories: readonly Story[]): Store {
  const store = new Store();
  store.greet(hello());
  tell(store, ...stories);
  return store;
}

function tell(store: Store, ...stories: readonly Story[]): void {
  for (const record of stories.flatMap(({ records }) => records)) store.add(record);
  store.show();
}

const names = ({ model }: Store): string[] => [...model.sessions.values()].map(({ name }) => name);

it('begins anew with another process', () => {
  const store = storeWith(new Story('old').open());
  store.miss(3);
  store.greet(hello());
  tell(store, new Story('new').open().call(0, 1));
  expect([names(store), store.count.value, store.lost.value]).toEqual([['new'], 3, 0]);
});

it('that is paused keeps what it shows when the process has died, and shows the next one when it goes on', () => {
  const store = storeWith(new Story('old').open().call(0, 1));
  store.pause();
  store.greet(hello());
  store.miss(2);
  tell(store, new Story('new').open());
  expect([names(store), store.count.value, store.lost.value]).toEqual([['old'], 3, 0]);
  store.step(-1);
  expect(store.current).toMatchObject({ kind: 'backend-started', session: 'old' });
  // The connection breaks again, and goes on.
  store.greet(hello({ isContinued: true }));
  tell(store, new Story('new').call(5, 1));
  store.resume();
  expect([names(store), store.count.value, store.lost.value]).toEqual([['new'], 3, 2]);
  expect(store.model.calls).toHaveLength(1);
  tell(store, new Story('new').end(9, 1));
  expect(store.count.value).toBe(4);
});

it('holds no more than 12,000 records, seen or not, paused or not', () => {
  const store = storeWith();
  const records = manyRecords(50_000, 10, START);
  // Nobody looks: no frame is drawn.
  for (const record of records) store.add(record);
  store.show();
  expect(store.records.length).toBeLessThanOrEqual(12_000);
  expect(store.model.count).toBe(store.records.length);
  store.pause();
  store.greet(hello());
  for (const record of records) store.add(record);
  store.resume();
  expect(store.records.length).toBeLessThanOrEqual(12_000);
});

it('takes the time of the proxy, and again when one of the clocks has jumped', () => {
  const store = storeWith();
  store.greet(hello({ now: START + 60_000 }));
  store.tick();
  expect(store.now.value).toBe(START + 60_000);
  vi.setSystemTime(START + 3_600_000);
  store.setClock(START + 61_000);
  store.tick();
  expect(store.now.value).toBe(START + 61_000);
});

it('lets nothing wait longer while the connection is lost', () => {
  const store = storeWith(new Story('1').open().call(0, 1));
  const waits = (): number => store.waits.value.length;
  store.connection.value = 'lost';
  vi.setSystemTime(START + 60_000);
  store.tick();
  expect([store.now.value, waits()]).toEqual([START, 0]);
  store.greet(hello({ isContinued: true, now: START + 60_000 }));
  store.tick();
  expect([store.now.value, waits()]).toEqual([START + 60_000, 1]);
});

it('exports how many records it lacks, as a trace file says it', () => {
  const { records } = new Story('1').open();
  const [lack, ...lines] = jsonLines(records, 12).trimEnd().split('\n');
  expect(JSON.parse(lack ?? '')).toEqual({ at: START, kind: 'lost', count: 12 });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(records);
  expect(jsonLines(records, 0)).not.toContain('lost');
});
