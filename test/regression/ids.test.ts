/** Ids, responses, and the last inbound request. */
import { AsyncResource } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { answer, cancelled, elicit, failure, notification, request } from '../support/messages.js';
import { deferred } from '../support/deferred.js';
import { rig } from '../support/rig.js';

test.each([0, ''])('the id %j is an id like any other', async (id) => {
  const { inner, transport, onBehalfOf } = rig();
  inner.deliver(request(id));
  await transport.send(elicit('sole'));
  inner.deliver(request('newer'));
  await transport.send(elicit('explicit'), { relatedRequestId: id });
  await onBehalfOf(id, async () => transport.send(elicit('context')));
  expect(['sole', 'explicit', 'context'].map((name) => inner.relatedIdOf(name))).toEqual([id, id, id]);

  await transport.send(answer(id));
  await transport.send(elicit('stale'), { relatedRequestId: id });
  expect(inner.relatedIdOf('stale')).toBe('newer');
});

test.each([0, ''])('a server-initiated request with the id %j is followed by its cancellation', async (id) => {
  const { inner, transport } = rig();
  inner.deliver(request(1));
  await transport.send(elicit(id));
  inner.deliver(request(2));
  await transport.send(cancelled(id));
  expect(inner.relatedIdOf('notifications/cancelled')).toBe(1);
  expect(transport.backchannel.snapshot().openExchanges).toBe(0);
});

test("'1' and 1 are two requests", async () => {
  const { inner, transport } = rig();
  inner.deliver(request(1));
  inner.deliver(request('1'));
  await transport.send(elicit('a'), { relatedRequestId: 1 });
  await transport.send(elicit('b'), { relatedRequestId: '1' });
  await transport.send(answer('1'));
  await transport.send(elicit('c'), { relatedRequestId: '1' });
  expect(['a', 'b', 'c'].map((name) => inner.relatedIdOf(name))).toEqual([1, '1', 1]);
});

test.each(['__proto__', 'constructor', 'hasOwnProperty'])('the id %s is in flight only once it came in', async (id) => {
  const { inner, transport } = rig();
  inner.deliver(request(1));
  await transport.send(elicit('before'), { relatedRequestId: id });
  expect(inner.relatedIdOf('before')).toBe(1);
  inner.deliver(request(id));
  inner.deliver(request(2));
  await transport.send(elicit('during'), { relatedRequestId: id });
  expect(inner.relatedIdOf('during')).toBe(id);
});

test('the same id in two sessions is two requests', async () => {
  const { inner, transport } = rig({ sessionOf: (_message, extra) => (extra as { session?: string }).session });
  inner.deliver(request(1), { session: 'a' });
  inner.deliver(request(1), { session: 'b' });
  await transport.send(answer(1), { session: 'a' });
  expect(transport.backchannel.snapshot().inFlight).toEqual([{ session: 'b', id: 1, method: 'tools/call' }]);
  await expect(transport.send(elicit('a'), { relatedRequestId: 1, session: 'a' })).rejects.toMatchObject({
    code: 'NOT_IN_FLIGHT',
  });
  await transport.send(elicit('b'), { relatedRequestId: 1, session: 'b' });
  expect(inner.relatedIdOf('b')).toBe(1);
});

test('an id used twice in flight is reported, and stands for the newest', async () => {
  const { inner, transport, errors, onBehalfOf, received } = rig();
  inner.deliver(request(1, 'tools/list'));
  const ofOldest = onBehalfOf(1, () => AsyncResource.bind(async () => transport.send(elicit('of the oldest'))));
  inner.deliver(request(1, 'tools/call'));
  expect(errors).toMatchObject([{ code: 'DUPLICATE_REQUEST_ID' }]);
  expect(errors[0]?.message).toMatch(/tools\/call .* 1 .* tools\/list/);
  expect(received).toHaveLength(2);
  expect(transport.backchannel.snapshot().inFlight).toEqual([{ session: undefined, id: 1, method: 'tools/call' }]);
  await ofOldest();
  expect(inner.relatedIdOf('of the oldest')).toBe(1);
  await transport.send(answer(1));
  expect(transport.backchannel.snapshot().inFlight).toEqual([]);
});

test('an id reused after completion is a fresh entry, which an old context does not match', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(1));
  const sendOld = onBehalfOf(1, () => AsyncResource.bind(async () => transport.send(elicit('old'))));
  await transport.send(answer(1));
  inner.deliver(request(1));
  inner.deliver(request(2));
  await sendOld();
  await onBehalfOf(1, async () => transport.send(elicit('new')));
  expect(routes.map(({ relatedRequestId, evidence }) => [relatedRequestId, evidence])).toEqual([
    [2, 'last-inbound'],
    [1, 'context'],
  ]);
});

test('a response waits for an earlier message of its stream that is still being written', async () => {
  const { inner, transport } = rig();
  const stored = deferred();
  inner.write = async ({ message }) => (message.id === 'question' ? stored.promise : Promise.resolve());
  inner.deliver(request(1));
  inner.deliver(request(2));
  const question = transport.send(elicit('question'), { relatedRequestId: 1 });
  const response = transport.send(answer(1));
  const written = (): unknown[] => inner.sent.map(({ message }) => message.id);
  expect(written()).toEqual(['question']);
  // Nothing else waits, not even for a tick.
  const others = [transport.send(answer(2)), transport.send(notification('notifications/tools/list_changed'))];
  expect(inner.sent).toHaveLength(3);
  stored.resolve();
  await Promise.all([question, response, ...others]);
  expect(written()).toEqual(['question', 2, undefined, 1]);
});

test('an explicit live id is untouched, an explicit dead one is routed by the other evidence', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  for (const id of [1, 2, 3]) inner.deliver(request(id));
  const options = { relatedRequestId: 1, resumptionToken: 'token' };
  await onBehalfOf(2, async () => transport.send(elicit('live'), options));
  expect(inner.optionsOf('live')).toBe(options);
  await transport.send(answer(1));
  await onBehalfOf(2, async () => transport.send(elicit('dead'), options));
  expect(inner.optionsOf('dead')).toEqual({ relatedRequestId: 2, resumptionToken: 'token' });
  expect(options).toEqual({ relatedRequestId: 1, resumptionToken: 'token' });
  expect(routes.map(({ requested, evidence }) => [requested, evidence])).toEqual([
    [1, 'explicit'],
    [1, 'context'],
  ]);
});

test('results and errors leave exactly as they came, in flight or not', async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request(1));
  inner.deliver(request(2));
  const messages = [answer(1), failure(2), answer(77), failure(undefined), { jsonrpc: '2.0', id: null, error: {} }];
  for (const message of messages) {
    const options = { relatedRequestId: 5, requestSignal: new AbortController().signal };
    await transport.send(message, options);
    expect(inner.sent.at(-1)?.message).toBe(message);
    expect(inner.sent.at(-1)?.options).toBe(options);
  }
  expect(routes).toEqual([]);
  await transport.send(answer(78));
  expect(inner.sent.at(-1)?.options).toBeUndefined();
});

test.each([
  ['a response', answer('question')],
  ['an error', failure('question')],
  ['a notification', notification('notifications/roots/list_changed')],
  ['ping', request('other', 'ping')],
  ['initialize', request('other', 'initialize')],
  ['tasks/get', request('other', 'tasks/get')],
  ['tools/list, while a tool runs', request('other', 'tools/list')],
])('the last inbound request stays what it is after %s', async (_title, message) => {
  const { inner, transport, routes } = rig();
  inner.deliver(request(1));
  inner.deliver(request(2));
  await transport.send(elicit('question'));
  inner.deliver(message);
  await transport.send(elicit('next'));
  expect(routes.map(({ relatedRequestId, evidence }) => [relatedRequestId, evidence])).toEqual([
    [2, 'last-inbound'],
    [2, 'last-inbound'],
  ]);
});
