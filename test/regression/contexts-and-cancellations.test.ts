/** Contexts, cancellations, and the kinds of messages. */
import { AsyncResource } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { asUpstream } from '../../src/index.js';
import {
  answer,
  cancelled,
  elicit,
  notification,
  ofTask,
  progress,
  request,
  wantsProgress,
} from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';
import { rig } from '../support/rig.js';
import { closeRigs, watchedRig, type WatchedRig } from '../support/watched-rig.js';
import type { FakeResponse } from '../support/http-fakes.js';

/** An upstream whose reader is created in `start()`, as that of a child process is: it keeps that context. */
class PipeUpstream extends NullTransport {
  #read: ((message: unknown) => void) | undefined;

  override start(): Promise<void> {
    this.#read = AsyncResource.bind((message: unknown) => {
      this.deliver(message);
    });
    return Promise.resolve();
  }

  says(message: unknown): void {
    this.#read?.(message);
  }
}

test('a reader that was created inside the first request is not believed once that is over', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(1));
  const read = onBehalfOf(1, () => AsyncResource.bind(async () => transport.send(elicit('question'))));
  await transport.send(answer(1));
  inner.deliver(request(2));
  await read();
  expect(routes).toMatchObject([{ relatedRequestId: 2, evidence: 'sole' }]);
});

test('with asUpstream, such a reader carries no request at all, also while the first one runs', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  const pipe = new PipeUpstream();
  const upstream = asUpstream(pipe);
  const relayed: Promise<void>[] = [];
  upstream.onmessage = (message) => relayed.push(transport.send(message));
  inner.deliver(request(1));
  await onBehalfOf(1, async () => upstream.start());
  inner.deliver(request(2));
  pipe.says(elicit('question'));
  await relayed[0];
  expect(routes).toMatchObject([{ relatedRequestId: 2, evidence: 'last-inbound' }]);
});

test('what the backend said in answer to a batch was said on behalf of nobody', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  const backend = new NullTransport();
  const upstream = asUpstream(backend);
  upstream.onmessage = (message) => void transport.send(message);
  backend.write = async () => {
    backend.deliver(elicit('question'));
    return Promise.resolve();
  };
  inner.deliver(request(1));
  inner.deliver(request(2));
  await onBehalfOf(1, async () => upstream.send([notification('notifications/message'), request('relayed')] as never));
  expect(routes).toMatchObject([{ relatedRequestId: 1, evidence: 'context' }]);

  // A batch that expects no answer may create a reader that lives on.
  await onBehalfOf(1, async () => upstream.send([notification('notifications/message')] as never));
  expect(routes.at(-1)).toMatchObject({ relatedRequestId: 2, evidence: 'last-inbound' });
});

test("the client's answer on a POST of its own is no evidence", async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request(1));
  await transport.send(elicit('question'));
  inner.deliver(request(2));
  const sent: Promise<void>[] = [];
  transport.onmessage = () => sent.push(transport.send(elicit('next')));
  inner.deliver(answer('question'));
  await sent[0];
  expect(routes.map(({ relatedRequestId, evidence }) => [relatedRequestId, evidence])).toEqual([
    [1, 'sole'],
    [2, 'last-inbound'],
  ]);
});

test('a cancellation without a related id goes where the request went that it cancels', async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request(1));
  await transport.send(elicit('question'));
  inner.deliver(request(2));
  await transport.send(cancelled('question'));
  expect(routes.at(-1)).toMatchObject({ relatedRequestId: 1, evidence: 'same-exchange' });
});

test('it goes to the standalone stream after a request that went there', async () => {
  const { inner, transport, routes } = rig();
  await transport.send(request('question', 'ping'));
  inner.deliver(request(1));
  await transport.send(cancelled('question'));
  expect(routes.at(-1)).toMatchObject({ to: 'standalone', relatedRequestId: undefined, evidence: 'same-exchange' });
});

test('nothing is attributed to a request that the client has cancelled, by any evidence', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(0, 'tools/call', wantsProgress('t')));
  inner.deliver(request(1));
  inner.deliver(cancelled(0));
  expect(transport.backchannel.snapshot().inFlight).toEqual([{ session: undefined, id: 1, method: 'tools/call' }]);
  await expect(onBehalfOf(0, async () => transport.send(elicit('a'), { relatedRequestId: 0 }))).rejects.toMatchObject({
    code: 'NOT_IN_FLIGHT',
  });
  await onBehalfOf(0, async () => transport.send(notification('any'), { relatedRequestId: 0 }));
  expect(routes.at(-1)).toMatchObject({ relatedRequestId: 1, evidence: 'last-inbound' });
  await transport.send(progress('t'));
  expect(routes.at(-1)).toMatchObject({ to: 'nowhere', outcome: 'refused' });

  // Some answer a cancelled request all the same: that is not for us to prevent.
  await transport.send(answer(0));
  expect(inner.sent.at(-1)).toEqual({ message: answer(0), options: undefined });
});

test('what belongs to the session leaves for the standalone stream, whoever sends it', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(1));
  for (const method of ['notifications/tools/list_changed', 'notifications/resources/updated']) {
    await onBehalfOf(1, async () => transport.send(notification(method), { relatedRequestId: 'stale' }));
    expect(inner.optionsOf(method)).toEqual({});
    expect(routes.at(-1)).toMatchObject({ to: 'standalone', evidence: 'scope', outcome: 'delivered' });
  }
});

test.each([['unknown'], ['of a finished call']])('progress with a token that is %s is reported', async (token) => {
  const { inner, transport, errors, onBehalfOf } = rig();
  inner.deliver(request(1, 'tools/call', wantsProgress('of a finished call')));
  inner.deliver(request(2));
  await transport.send(answer(1));
  const written = inner.sent.length;
  await onBehalfOf(2, async () => transport.send(progress(token)));
  expect(inner.sent).toHaveLength(written);
  expect(errors).toMatchObject([{ code: 'UNKNOWN_PROGRESS_TOKEN' }]);
});

test('progress of a call was dropped when a later one that had brought the same token was over', async () => {
  const { inner, transport, routes, errors } = rig();
  for (const id of [1, 2, 3, 4]) inner.deliver(request(id, 'tools/call', wantsProgress('twice')));
  const owners: unknown[] = [];
  for (const over of [2, 4, 1, 3]) {
    await transport.send(progress('twice'));
    owners.push(routes.at(-1)?.relatedRequestId);
    await transport.send(answer(over));
  }
  expect(owners).toEqual([4, 4, 3, 3]);
  expect(errors).toEqual([]);
  await transport.send(progress('twice'));
  expect(errors).toMatchObject([{ code: 'UNKNOWN_PROGRESS_TOKEN' }]);
});

test('a message of a task goes to its tasks/result, or standalone, never to the answered tools/call', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(1));
  await transport.send(answer(1, { task: { taskId: 'a' } }));
  inner.deliver(request(2));
  await onBehalfOf(1, async () => transport.send(elicit('early', ofTask('a')), { relatedRequestId: 1 }));
  expect(inner.optionsOf('early')).toEqual({});
  inner.deliver(request(3, 'tasks/result', { taskId: 'a' }));
  inner.deliver(request(4, 'tasks/result', { taskId: 'b' }));
  await onBehalfOf(2, async () => transport.send(elicit('later', ofTask('a'))));
  expect(routes.map(({ to, relatedRequestId, evidence }) => [to, relatedRequestId, evidence])).toEqual([
    ['standalone', undefined, 'related-task'],
    ['request', 3, 'related-task'],
  ]);
});

test('ping goes on any live stream, and unchanged when there is none', async () => {
  const { inner, transport } = rig();
  await transport.send(request('a', 'ping'));
  inner.deliver(request(1));
  await transport.send(request('b', 'ping'));
  expect([inner.relatedIdOf('a'), inner.relatedIdOf('b')]).toEqual([undefined, 1]);
});

test('initialize in flight owns nothing, not even by context', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(0, 'initialize'));
  await onBehalfOf(0, async () => transport.send(elicit('a')));
  inner.deliver(request(1));
  await onBehalfOf(0, async () => transport.send(elicit('b')));
  expect(routes.map(({ to, relatedRequestId }) => [to, relatedRequestId])).toEqual([
    ['unchanged', undefined],
    ['request', 1],
  ]);
});

test('a request that can go nowhere rejects, with what happened to which message', async () => {
  const { inner, transport, errors, routes } = rig();
  const sent = transport.send(elicit('question'), { relatedRequestId: 'stale' });
  await expect(sent).rejects.toMatchObject({ name: 'BackchannelError', code: 'NOT_IN_FLIGHT' });
  await expect(sent).rejects.toThrow(/elicitation\/create \(id "question"\).*"stale"/);
  expect(inner.sent).toEqual([]);
  expect(errors).toEqual([]);
  expect(routes).toMatchObject([{ to: 'nowhere', outcome: 'refused', error: { code: 'NOT_IN_FLIGHT' } }]);
});

test('a notification that can go nowhere is reported, and its send resolves', async () => {
  const { inner, transport, errors, routes } = rig({ ambiguous: 'reject' });
  await expect(
    transport.send(notification('notifications/message'), { relatedRequestId: 'stale' }),
  ).resolves.toBeUndefined();
  inner.deliver(request(1));
  inner.deliver(request(2));
  await expect(transport.send(notification('notifications/message'))).resolves.toBeUndefined();
  expect(inner.sent).toEqual([]);
  expect(errors).toMatchObject([{ code: 'NOT_IN_FLIGHT' }, { code: 'AMBIGUOUS' }]);
  expect(routes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
});

test.each<[string, (of: WatchedRig, connection: FakeResponse) => unknown]>([
  ['is known', () => undefined],
  ['was left by its client', (_of, connection) => connection.disconnect()],
  ['was answered all the same', async ({ transport }) => transport.send(answer('cancelled'))],
  [
    'was followed by many more',
    ({ inner }) => {
      for (let id = 0; id < 100; id++) for (const message of [request(id), cancelled(id)]) inner.deliver(message);
    },
  ],
])('a question of a cancelled call that %s was asked on behalf of another', async (_what, happens) => {
  const watched = watchedRig();
  const connection = watched.post(request('cancelled'));
  watched.post(request('other'));
  watched.inner.deliver(cancelled('cancelled'));
  await happens(watched, connection);
  const question = watched.transport.send(elicit('q'), { relatedRequestId: 'cancelled' });
  await expect(question).rejects.toMatchObject({ code: 'NOT_IN_FLIGHT' });
  await closeRigs();
});
