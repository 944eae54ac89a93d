/** Bugs that were, each named after its cause. */
import { expect, test } from 'vitest';
import { WriteOrder } from '../../src/transport/write-order.js';
import { deferred } from '../support/deferred.js';
import { answer, elicit, MODERN, notification, request } from '../support/messages.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { rig, rigOf } from '../support/rig.js';

test('a cancelled request left the ledger, and its answer overtook a question on its stream', async () => {
  const asked = deferred();
  class SlowStore extends NullHttpTransport {
    override async send(...args: Parameters<NullHttpTransport['send']>): Promise<void> {
      await super.send(...args);
      if (args[0].method !== undefined) await asked.promise;
    }
  }
  const { inner, transport } = rigOf(new SlowStore());
  inner.deliver(request(0));
  const question = transport.send(elicit('a'), { relatedRequestId: 0 });
  inner.deliver(notification('notifications/cancelled', { requestId: 0 }));
  const late = transport.send(answer(0));
  expect(inner.sent.map(({ message }) => message.method)).toEqual(['elicitation/create']);
  asked.resolve();
  await Promise.all([question, late]);
  expect(inner.sent.map(({ message }) => message.method)).toEqual(['elicitation/create', undefined]);
});

test('a reaction that was sent while a write was called let the next message overtake that write', async () => {
  const order = new WriteOrder(60_000, () => new Error('stalled'));
  const stream = {};
  const slow = deferred();
  const begun: string[] = [];
  const write = (name: string, end: Promise<void>): (() => Promise<void>) => {
    return async () => {
      begun.push(name);
      return end;
    };
  };
  let reaction: Promise<void> | undefined;
  const first = order.write(stream, async () => {
    reaction = order.write(stream, write('reaction', Promise.resolve()));
    return slow.promise;
  });
  await reaction;
  const next = order.write(stream, write('next', Promise.resolve()));
  expect(begun).toEqual(['reaction']);
  slow.resolve();
  await Promise.all([first, next]);
  expect(begun).toEqual(['reaction', 'next']);
});

test('a client that tried the 2026 revision and fell back was taken to speak it for ever', async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request('probe', 'server/discover', MODERN));
  await transport.send(answer('probe'));
  inner.deliver(request(1));
  await transport.send(elicit('a'), { relatedRequestId: 'stale' });
  expect(routes.at(-1)).toMatchObject({ relatedRequestId: 1, evidence: 'sole' });
});

test('one of several sessions forgot with its last answer that it speaks the 2026 revision', async () => {
  const { inner, transport, routes } = rig({
    sessionOf: (_message, extra) => (extra as { session?: string } | undefined)?.session,
  });
  inner.deliver(request(1, 'tools/call', MODERN), { session: 'a' });
  await transport.send(answer(1), { session: 'a' });
  await transport.send(elicit('a'), { relatedRequestId: 1, session: 'a' });
  expect(routes.at(-1)).toMatchObject({ to: 'unchanged', evidence: 'not-inferred' });
});
