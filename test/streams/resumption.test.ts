/** Until when what is sent waits for a client that comes back to a stream. */
import { setImmediate as moment } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HttpConnection } from '../../src/streams/connection.js';
import { OrderedStream } from '../../src/streams/ordered-stream.js';
import type { FakeResponse } from '../support/http-fakes.js';
import { isStandalone, JSON_TYPE, opens, SSE, watchRig, type WatchRig } from '../support/http-fakes.js';

/** The client has left the streams of a call and the standalone stream, after the events `a` and `s`. */
async function left(options?: Parameters<typeof watchRig>[0]): Promise<WatchRig & { readonly call: HttpConnection }> {
  const rig = watchRig(options);
  const post = rig.node('POST', { ids: [1], respond: opens(200, SSE) });
  const get = rig.node('GET', { respond: opens(200, SSE) });
  await moment();
  post.response.write('id: a\ndata: {}\n\n');
  get.response.write('id: s\ndata: {}\n\n');
  for (const { response } of [post, get]) response.disconnect();
  return { ...rig, call: post.connection ?? new HttpConnection('POST', undefined) };
}

const STANDALONE = new OrderedStream();

test.each([
  { lastEventId: 'a', waits: 'what is sent on the stream of the call', of: [true, false] },
  { lastEventId: 's', waits: 'what is sent on the standalone stream', of: [false, true] },
  { lastEventId: 'x', waits: 'both', of: [true, true] },
  { lastEventId: '', waits: 'nothing', of: [false, false] },
])("for one that comes back after event '$lastEventId' waits $waits", async ({ lastEventId, of }) => {
  const { node, watcher, call } = await left();
  node('GET', { lastEventId });
  expect([call, STANDALONE].map((stream) => watcher.resumption(stream) !== undefined)).toEqual(of);
  watcher.close();
});

test.each([
  { lastEventId: 'a', of: [true, false] },
  { lastEventId: 's', of: [false, false] },
  { lastEventId: 'x', of: [false, false] },
])("of several sessions, another's client holds up nobody: event '$lastEventId'", async ({ lastEventId, of }) => {
  const { node, watcher, call } = await left({ hasSeveralSessions: true });
  node('GET', { lastEventId });
  expect([call, STANDALONE].map((stream) => watcher.resumption(stream) !== undefined)).toEqual(of);
  watcher.close();
});

test.each([
  { what: 'its stream is open', respond: opens(200, SSE) },
  { what: 'it is refused, and the answer not ended', respond: opens(409) },
  { what: 'it is answered in JSON, and the answer not ended', respond: opens(200, JSON_TYPE) },
  { what: 'the answer is ended', respond: (response: FakeResponse) => void response.end() },
  { what: 'its connection is gone', respond: (response: FakeResponse) => response.disconnect() },
  {
    what: 'the transport fails, and nobody answers it',
    respond: () => undefined,
    returns: () => Promise.reject(new Error('no')),
  },
])('nothing waits any more when $what', async ({ respond, returns }) => {
  const { node, watcher, call } = await left();
  const { returned } = node('GET', { lastEventId: 'a', respond, ...(returns && { returns: returns() }) });
  await Promise.resolve(returned).catch(() => undefined);
  await moment();
  expect(watcher.resumption(call)).toBe(undefined);
});

test('an empty Last-Event-ID is none: the GET opens the standalone stream', async () => {
  const rig = await left();
  rig.node('GET', { lastEventId: '', respond: opens(200, SSE) });
  await moment();
  expect(isStandalone(rig)).toBe(true);
});
