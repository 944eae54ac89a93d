/** Bugs that fuzzing found, each named after its cause. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { config } from 'rxjs';
import { answer, elicit, notification, request } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';
import { rig, rigOf } from '../support/rig.js';
import { watchedRig } from '../support/watched-rig.js';

/** What RxJS would have thrown from a timer, which ends the process. */
const uncaught: unknown[] = [];

beforeEach(() => {
  config.onUnhandledError = (error) => uncaught.push(error);
});

afterEach(async () => {
  // RxJS tells a turn later.
  await new Promise((resolve) => setTimeout(resolve, 1));
  config.onUnhandledError = null;
  expect(uncaught.splice(0)).toEqual([]);
});

/** A message that can be looked at so many times, and no more. */
function readable<T extends object>(message: T, looks: number): T {
  let left = looks;
  return new Proxy(message, {
    get: (target, key) => {
      if (left-- <= 0) throw new Error('no more');
      return Reflect.get(target, key) as unknown;
    },
  });
}

test('a callback that threw what no string can be made of ended the process', () => {
  const { transport, inner, errors } = rig();
  transport.onmessage = () => {
    throw Object.create(null) as Error;
  };
  inner.deliver(request(1));
  expect(errors).toMatchObject([{ code: 'CALLBACK_FAILED' }]);
  expect(inner.sent).toMatchObject([{ message: { id: 1, error: { code: -32603 } } }]);
});

test('a write that failed with what no string can be made of never settled', async () => {
  const { transport, inner } = rig();
  inner.write = async () => Promise.reject(Object.create(null) as Error);
  inner.deliver(request(1));
  await expect(transport.send(answer(1))).rejects.toThrow('a value that has no text');
});

test('a message that could be read when it was routed, and not when it was delivered, was lost in silence', async () => {
  for (let looks = 0; looks < 40; looks++) {
    const { transport, inner, errors } = rigOf(new NullTransport());
    const question = readable(elicit('q'), looks);
    inner.deliver(request(1));
    await transport.send(question);
    expect(inner.sent.map(({ message }) => message === question)).toEqual([true]);
    expect(errors.every(({ code }) => code === 'UNREADABLE_MESSAGE')).toBe(true);
    await transport.close();
  }
});

test('an observer that was told of a message which could not be read any more kept its send() open', async () => {
  for (let looks = 0; looks < 40; looks++) {
    const { transport, inner } = rig();
    inner.deliver(request(1));
    await transport.send(readable(elicit('q'), looks));
    expect(inner.sent).toHaveLength(1);
  }
});

test('a message that could not be read was thrown at its sender once the transport was closed', async () => {
  const { transport } = rigOf(new NullTransport());
  await transport.close();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, async (_, looks) => transport.send(readable(elicit('q'), looks))),
  );
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }): unknown => reason);
  expect(refusals.length).toBeGreaterThan(1);
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'CLOSED' });
});

test('an answer that could not be read was thrown at the transport when another had come too late', async () => {
  const rig = watchedRig({ orphanTimeoutMs: 1 });
  const post = rig.post(request(1));
  await rig.transport.send(elicit('q'));
  post.disconnect();
  await expect.poll(() => rig.received.some(({ message }) => message.id === 'q')).toBe(true);
  const unreadable = readable(answer('q'), 0);
  expect(() => {
    rig.inner.deliver(unreadable);
  }).not.toThrow();
  expect(rig.received.at(-1)?.message).toBe(unreadable);
  await rig.transport.close();
});

test('an id or a method of any length and with any line breaks went whole into errors, and from there into logs', async () => {
  const { transport, inner, errors } = rig();
  const long = 'x'.repeat(10_000);
  inner.deliver(request(long));
  inner.deliver(request(long));
  await transport.send(notification('forged\nline'), { relatedRequestId: 0 });
  await transport.close();
  await transport.send(notification('forged\nline'));
  await expect(transport.send(elicit(long))).rejects.toThrow(/x{100}…/);
  expect(errors.map(({ code }) => code)).toEqual(['DUPLICATE_REQUEST_ID', 'CLOSED']);
  for (const { message } of errors) expect(message).toMatch(/^.{1,400}$/);
});

test.each([
  ['question', () => elicit('q')],
  ['notification', () => notification('notifications/message')],
])('a %s that could not be read any more after it had waited was said to have been passed on', async (kind, make) => {
  const lost: number[] = [];
  for (let looks = 0; looks < 40; looks++) {
    const { transport, inner, errors, post } = watchedRig();
    const message = readable(make(), looks);
    const sending = transport.send(message);
    post(request(1));
    const [outcome] = await Promise.allSettled([sending]);
    const isSent = inner.sent.some((sent) => sent.message === message);
    if (!isSent) lost.push(looks);
    expect({ looks, status: outcome.status }).toEqual({
      looks,
      status: isSent || kind === 'notification' ? 'fulfilled' : 'rejected',
    });
    if (!isSent) expect(errors).toHaveLength(1);
    for (const { message: told } of errors)
      expect({ looks, told: told.includes('passed on') }).toEqual({ looks, told: isSent });
    await transport.close();
  }
  expect(lost).not.toEqual([]);
});
