import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { RecentRecords } from '../../src/cli/live-records.js';
import { Started } from '../cli/support.js';
import { dataOf, get, LiveReader, serveLive } from './live-server.js';
import { Story } from './records.js';

const started = new Started();
afterEach(async () => started.end());

it('sends what has happened, and then what happens', async () => {
  const { page, url } = await serveLive(started);
  for (const record of new Story('1').open().records) page.add(record);
  const reader = await LiveReader.open(url, started);
  const [hello, ...history] = await reader.take(3);
  expect(hello?.event).toBe('hello');
  expect(dataOf(hello)).toMatchObject({ name: 'a-server', source: 'proxy', isContinued: false });
  expect(history.map((event) => dataOf(event)['kind'])).toEqual(['session-opened', 'backend-started']);

  for (const record of new Story('1').call(5, 1).records) page.add(record);
  expect(dataOf(await reader.next())).toMatchObject({ kind: 'call', session: '1', id: 1, target: 'navigate' });
});

it('goes on where a page was, and begins anew with a page of another process', async () => {
  const { page, url } = await serveLive(started);
  for (const record of new Story('1').open().call(1, 1).records) page.add(record);
  const first = await LiveReader.open(url, started);
  const [, , second] = await first.take(3);
  first.close();
  const again = await LiveReader.open(url, started, { 'last-event-id': second?.id ?? '' });
  const [hello, next] = await again.take(2);
  expect(dataOf(hello)).toMatchObject({ isContinued: true });
  expect(dataOf(next)).toMatchObject({ kind: 'call' });

  const stranger = await LiveReader.open(url, started, { 'last-event-id': 'another:2' });
  const [anew, oldest] = await stranger.take(2);
  expect(dataOf(anew)).toMatchObject({ isContinued: false });
  expect(dataOf(oldest)).toMatchObject({ kind: 'session-opened' });
});

it('tells a page that reads too slowly what it has missed, and keeps no more for it', async () => {
  const { page, port } = await serveLive(started);
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /live/events HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n');
  await once(socket, 'readable');
  // It reads nothing while these come.
  const total = 60_000;
  const story = new Story('1');
  for (let at = 0; at < total / 2; at++) story.call(at, at, `a-tool-with-a-long-name-${'x'.repeat(200)}`).end(at, at);
  for (const [index, record] of story.records.entries()) {
    page.add(record);
    // The server writes in between.
    if (index % 500 === 0) await new Promise(setImmediate);
  }
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  const isLast = (): boolean => text.includes(`"id":${total / 2 - 1},"method":"tools/call","target":"navigate"`);
  while (!isLast()) await once(socket, 'data');
  socket.destroy();

  const lost = Array.from(text.matchAll(/"lost":(\d+)/g), ([, count]) => Number(count)).reduce(
    (sum, one) => sum + one,
    0,
  );
  const numbers = Array.from(text.matchAll(/^id: [\w-]+:(\d+)\r?$/gm), ([, number]) => Number(number));
  expect(lost).toBeGreaterThan(0);
  expect(numbers.length + lost).toBe(total);
});

it('keeps a bounded number of records', () => {
  const records = new RecentRecords(1_000);
  const story = new Story('1');
  for (let at = 0; at < 3_000; at++) story.call(at, at).end(at, at);
  for (const record of story.records) records.add(record);
  const kept = records.after(0, Infinity);
  expect(kept.length).toBeLessThanOrEqual(1_000);
  expect(kept.at(-1)).toMatchObject({ number: 6_000, record: { kind: 'call-ended', id: 2_999 } });
});

it('keeps a bounded size of records with messages, however large each is', () => {
  const records = new RecentRecords(1_000, 100_000);
  const story = new Story('1');
  const message = { jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(1_000) } } as const;
  for (let at = 0; at < 500; at++) story.call(at, at).end(at, at, { message });
  story.call(500, 500);
  for (const record of story.records) records.addWritten(record);
  const kept = records.after(0, Infinity);
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.reduce((sum, { text = '' }) => sum + text.length, 0)).toBeLessThanOrEqual(100_000);
  expect(kept.at(-1)).toMatchObject({ number: 1_001, record: { kind: 'call', id: 500 } });
  for (let at = 501; at < 900; at++)
    for (const record of new Story('1').call(at, at, 'y'.repeat(30_000)).records) records.addWritten(record);
  expect(records.after(0, Infinity).map(({ number }) => number)).toEqual([1_399, 1_400]);
});

it('tells the time now and then: one of the clocks may have jumped', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'Date'], now: 1_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { url } = await serveLive(started);
  const reader = await LiveReader.open(url, started);
  expect(dataOf(await reader.next())).toMatchObject({ now: 1_000_000 });
  vi.setSystemTime(9_000_000);
  vi.advanceTimersByTime(20_000);
  const beat = await reader.next();
  expect([beat?.event, dataOf(beat)]).toEqual(['beat', { now: 9_020_000 }]);
});

it('opens so many streams and no more, and ends them all when it closes', async () => {
  const { page, url } = await serveLive(started);
  const readers = await Promise.all(Array.from({ length: 16 }, async () => LiveReader.open(url, started)));
  expect((await get(`${url}/live/events`)).statusCode).toBe(503);
  page.close();
  for (const reader of readers) {
    expect(dataOf(await reader.next())).toMatchObject({ name: 'a-server' });
    expect(await reader.next()).toBeUndefined();
  }
});

it('sends a file as a whole, and says that it is the end', async () => {
  const records = new RecentRecords(10);
  for (const record of new Story('1').open().records) records.add(record);
  const { url } = await serveLive(started, { source: 'file', name: 'trace.jsonl', records, badLines: 3 });
  const reader = await LiveReader.open(url, started);
  const events = await reader.take(4);
  expect(events.map(({ event }) => event)).toEqual(['hello', undefined, undefined, 'end']);
  expect(dataOf(events[0])).toMatchObject({ name: 'trace.jsonl', source: 'file', badLines: 3 });
  expect(await reader.next()).toBeUndefined();
});
