/** A client that does not read costs a bounded number of bytes. Then its connection ends, and the sender hears why. */
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { news, rig, said, type Opened, type Rig } from '../../http/rig.js';
import { closers } from '../../proxy/support.js';
import { collectGarbage } from '../../support/gc.js';
import { JSON_HEADERS } from '../../support/raw-http.js';

const closing = closers();
const MEGABYTE = 2 ** 20;
/** More than any kernel takes for a client that does not read. */
const LARGE = 'x'.repeat(8 * MEGABYTE);
const MAX_BUFFERED = 4 * MEGABYTE;
const SLOW = { code: 'SLOW_CLIENT' };

const callOf = (id: string): object => ({ id, method: 'tools/call', params: { name: 'any' } });
const resultOf = (id: string, text = LARGE): object => ({ jsonrpc: '2.0', id, result: { text } });
const question = (id: string, message = 'well?'): object => ({
  jsonrpc: '2.0',
  id,
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties: {} } },
});

/** The client has called, and reads nothing of the answer. */
async function calledWithoutReading(it: Rig, id: string): Promise<Opened> {
  const stream = await it.post(callOf(id));
  paused(stream.message);
  return stream;
}

function paused(message: IncomingMessage): void {
  message.pause();
  message.socket.pause();
}

const waiting = ({ responses }: Rig): number =>
  responses.reduce((sum, response) => sum + (response.destroyed ? 0 : response.writableLength), 0);

describe('65: of a client that does not read its streams', () => {
  it('a stream is closed when too much waits: the sender of a request gets SLOW_CLIENT, and other clients nothing', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    const other = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    const call = await other.post(callOf('other'));
    await calledWithoutReading(it, 'slow');
    const options = { relatedRequestId: 'slow' };
    await it.transport.send(news(LARGE), options);
    await expect.poll(() => waiting(it)).toBeGreaterThan(MAX_BUFFERED);
    await expect(it.transport.send(question('q', LARGE), options)).rejects.toMatchObject(SLOW);
    expect(it.responses.at(-1)?.destroyed).toBe(true);
    expect(waiting(it)).toBe(0);
    await other.transport.send(resultOf('other', 'fine'));
    expect(await call.ended).toBe('complete');
    expect(call.messages()).toMatchObject([{ result: { text: 'fine' } }]);
    expect(other.errors).toEqual([]);
  });

  it('even for the smallest message', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    await calledWithoutReading(it, 'slow');
    await it.transport.send(news(LARGE), { relatedRequestId: 'slow' });
    await expect(it.transport.send(question('q'), { relatedRequestId: 'slow' })).rejects.toMatchObject(SLOW);
  });

  it('a notification is told to onerror, and not thrown at its sender', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    await calledWithoutReading(it, 'slow');
    await it.transport.send(news(LARGE), { relatedRequestId: 'slow' });
    await it.transport.send(news('one more'), { relatedRequestId: 'slow' });
    expect(it.errors).toMatchObject([SLOW]);
  });

  it('an answer is refused: its sender gets SLOW_CLIENT', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    await calledWithoutReading(it, 'slow');
    await it.transport.send(news(LARGE), { relatedRequestId: 'slow' });
    await expect(it.transport.send(resultOf('slow', 'small'))).rejects.toMatchObject(SLOW);
  });

  it('waits outside the heap, which is then still collected often', async () => {
    const it = await rig(closing, { maxBufferedBytes: 10 * MAX_BUFFERED });
    await calledWithoutReading(it, 'slow');
    const before = await collectGarbage();
    for (let number = 0; number < 4; number += 1)
      await it.transport.send(news(`${String(number)}${LARGE}`), { relatedRequestId: 'slow' });
    await expect.poll(() => waiting(it)).toBeGreaterThan(20 * MEGABYTE);
    expect((await collectGarbage()) - before).toBeLessThan(2 * MEGABYTE);
  });

  it('the standalone stream is closed too', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
    const stream = await it.get();
    paused(stream.message);
    const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { text: LARGE } };
    await it.transport.send(changed);
    await it.transport.send(changed);
    expect(it.errors).toMatchObject([SLOW]);
    expect(it.responses.at(-1)?.destroyed).toBe(true);
  });
});

describe.each([
  ['on event streams', {}],
  ['in JSON', { enableJsonResponse: true }],
])('65: large answers to many calls of one client, %s, none of which it reads', (_what, options) => {
  it('count together: no more than one of them exceeds the limit, and the rest are refused', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED, ...options });
    const ids = Array.from({ length: 12 }, (_, number) => `call ${number}`);
    const answers = ids.map(async (id) => it.post(callOf(id)));
    await expect.poll(() => it.received).toHaveLength(ids.length);
    const outcomes = await Promise.allSettled(ids.map(async (id) => it.transport.send(resultOf(id))));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused.length).toBeGreaterThanOrEqual(10);
    for (const error of refused) expect(error).toMatchObject(SLOW);
    expect(waiting(it)).toBeLessThan(MAX_BUFFERED + LARGE.length);
    const heads = await Promise.allSettled(answers);
    for (const head of heads) if (head.status === 'fulfilled') paused(head.value.message);
  });

  it('do not count once the client has read them', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED, ...options });
    for (const id of ['one', 'two', 'three']) {
      const answer = it.post(callOf(id));
      await expect.poll(() => it.received.some((message) => message.id === id)).toBe(true);
      await it.transport.send(resultOf(id));
      expect(await (await answer).ended).toBe('complete');
      expect((await answer).text()).toContain(LARGE);
    }
    expect(it.errors).toEqual([]);
  });
});

it('65: a small message reaches a stream that the client reads, however much waits for another one', async () => {
  const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED });
  const stream = await it.get();
  await calledWithoutReading(it, 'slow');
  await it.transport.send(news(LARGE), { relatedRequestId: 'slow' });
  await it.transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { data: 'small' } });
  await expect.poll(() => said(stream.messages())).toEqual(['small']);
  expect(it.errors).toEqual([]);
});

describe('65: answers that wait for the others of a JSON batch', () => {
  const batch = ['one', 'two', 'three', 'four'].map((id) => ({ jsonrpc: '2.0', ...callOf(id) }));
  const posted = async (it: Rig): Promise<{ readonly answer: Promise<Opened> }> => {
    const answer = it.send('POST', { ...JSON_HEADERS, 'mcp-session-id': 'session' }, JSON.stringify(batch));
    await expect.poll(() => it.received).toHaveLength(batch.length);
    return { answer };
  };

  it('count: with more than may wait, the connection is closed, and the sender gets SLOW_CLIENT', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED, enableJsonResponse: true });
    const { answer } = await posted(it);
    const isRefused = answer.then(
      () => false,
      () => true,
    );
    await it.transport.send(resultOf('one'));
    await expect(it.transport.send(resultOf('two'))).rejects.toMatchObject(SLOW);
    expect(await isRefused).toBe(true);
  });

  it('so do many small ones', async () => {
    const it = await rig(closing, { maxBufferedBytes: 100_000, enableJsonResponse: true });
    const { answer } = await posted(it);
    answer.catch(() => undefined);
    const small = 'x'.repeat(60_000);
    await it.transport.send(resultOf('one', small));
    await it.transport.send(resultOf('two', small));
    await expect(it.transport.send(resultOf('three', small))).rejects.toMatchObject(SLOW);
  });

  it('do not count against the last one: all are written with it', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED, enableJsonResponse: true });
    const two = JSON.stringify(batch.slice(2));
    const answer = it.send('POST', { ...JSON_HEADERS, 'mcp-session-id': 'session' }, two);
    await expect.poll(() => it.received).toHaveLength(2);
    await it.transport.send(resultOf('three'));
    await it.transport.send(resultOf('four', 'small'));
    expect(await (await answer).ended).toBe('complete');
  });

  it('count no longer once they are written', async () => {
    const it = await rig(closing, { maxBufferedBytes: MAX_BUFFERED, enableJsonResponse: true });
    const { answer } = await posted(it);
    await it.transport.send(resultOf('one', 'x'.repeat(MEGABYTE)));
    await it.transport.send(resultOf('two', 'x'.repeat(MEGABYTE)));
    await it.transport.send(resultOf('three', 'x'.repeat(MEGABYTE)));
    await it.transport.send(resultOf('four'));
    const opened = await answer;
    expect(await opened.ended).toBe('complete');
    expect(JSON.parse(opened.text())).toHaveLength(batch.length);
    expect(it.errors).toEqual([]);
  });
});
