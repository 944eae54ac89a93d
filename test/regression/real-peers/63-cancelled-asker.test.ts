/** A call that was cancelled, or whose client has left, asks for something while another call is in flight. */
import { afterEach, describe, expect, test } from 'vitest';
import { answer, cancelled, elicit, request } from '../../support/messages.js';
import { rig, type Rig } from '../../support/rig.js';
import type { NullHttpTransport } from '../../support/null-transport.js';
import { closeRigs, watchedRig } from '../../support/watched-rig.js';
import type { BackchannelOptions } from '../../../src/index.js';

afterEach(closeRigs);

const AMBIGUOUS = { name: 'BackchannelError', code: 'AMBIGUOUS' };

/** Call 1 was cancelled, and call 2 is in flight. */
function cancelledAndAnother(options: BackchannelOptions, method = 'tools/call'): Rig<NullHttpTransport> {
  const opened = rig(options);
  opened.inner.deliver(request(1, method));
  opened.inner.deliver(cancelled(1));
  opened.inner.deliver(request(2));
  return opened;
}

describe("63: with ambiguous: 'reject', a server request that names no call", () => {
  test('is refused while a cancelled call is not answered', async () => {
    const { transport, inner, routes } = cancelledAndAnother({ ambiguous: 'reject' });
    await expect(transport.send(elicit('q'))).rejects.toMatchObject(AMBIGUOUS);
    expect(inner.sent).toEqual([]);
    expect(routes).toMatchObject([{ outcome: 'refused' }]);
  });

  test('is refused when the call was cancelled while the other one was in flight already', async () => {
    const { transport, inner } = rig({ ambiguous: 'reject' });
    for (const id of [1, 2]) inner.deliver(request(id));
    inner.deliver(cancelled(1));
    await expect(transport.send(elicit('q'))).rejects.toMatchObject(AMBIGUOUS);
  });

  test('is refused when what was cancelled waits for the result of a task', async () => {
    const { transport } = cancelledAndAnother({ ambiguous: 'reject' }, 'tasks/result');
    await expect(transport.send(elicit('q'))).rejects.toMatchObject(AMBIGUOUS);
  });

  test('is sent once the cancelled call is answered, though the client no longer waits for it', async () => {
    const { transport, inner, routes } = cancelledAndAnother({ ambiguous: 'reject' });
    await transport.send(answer(1));
    await transport.send(elicit('q'));
    expect(inner.relatedIdOf('q')).toBe(2);
    expect(routes).toMatchObject([{ evidence: 'sole', outcome: 'delivered' }]);
  });

  test('is sent when its call is known', async () => {
    const { transport, inner, onBehalfOf } = cancelledAndAnother({ ambiguous: 'reject' });
    await onBehalfOf(2, async () => transport.send(elicit('by context')));
    await transport.send(elicit('by id'), { relatedRequestId: 2 });
    expect([inner.relatedIdOf('by context'), inner.relatedIdOf('by id')]).toEqual([2, 2]);
  });

  test('is refused when it has waited for a stream, and the stream is that of another call', async () => {
    const { transport, inner, post } = watchedRig({ ambiguous: 'reject' });
    const gone = post(request(1));
    inner.deliver(cancelled(1));
    gone.disconnect();
    const sending = transport.send(elicit('q'));
    post(request(2));
    await expect(sending).rejects.toMatchObject(AMBIGUOUS);
  });

  test('is refused in the session of the cancelled call, and in no other', async () => {
    const sessionOf = (_: unknown, extra?: { readonly session?: string }): string | undefined => extra?.session;
    const { transport, inner } = rig({ ambiguous: 'reject', sessionOf });
    inner.deliver(request(1), { session: 'a' });
    inner.deliver(cancelled(1), { session: 'a' });
    for (const session of ['a', 'b']) inner.deliver(request(2), { session });
    await expect(transport.send(elicit('q'), { session: 'a' })).rejects.toMatchObject(AMBIGUOUS);
    await transport.send(elicit('q'), { session: 'b' });
    expect(inner.relatedIdOf('q')).toBe(2);
  });
});

test("63: with ambiguous: 'last-inbound', it is said to be a guess", async () => {
  const { transport, routes } = cancelledAndAnother({});
  await transport.send(elicit('q'));
  expect(routes).toMatchObject([{ relatedRequestId: 2, evidence: 'last-inbound', outcome: 'delivered' }]);
});

describe('a server request of a call whose client has left is not put to the user of another call', () => {
  test.each([
    ['its id', { relatedRequestId: 1 }, false],
    ['its context', undefined, true],
  ])('when %s tells the owner: it is sent on the standalone stream', async (_title, options, isInContext) => {
    const { transport, inner, post, get, onBehalfOf } = watchedRig();
    const left = post(request(1));
    post(request(2));
    get();
    left.disconnect();
    // The transport knows its stream a moment later.
    await Promise.resolve();
    const send = async (): Promise<void> => transport.send(elicit('q'), options);
    await (isInContext ? onBehalfOf(1, send) : send());
    expect(inner.optionsOf('q')?.relatedRequestId).toBeUndefined();
  });

  test('and without a standalone stream its sender gets an error in bounded time', async () => {
    const { transport, inner, post, onBehalfOf } = watchedRig({ parkTimeoutMs: 20 });
    const left = post(request(1));
    post(request(2));
    left.disconnect();
    const sending = onBehalfOf(1, async () => transport.send(elicit('q')));
    post(request(3));
    await expect(sending).rejects.toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });
    expect(inner.sent).toEqual([]);
  });

  test('but a notification of it still reaches the client', async () => {
    const { transport, inner, post, onBehalfOf } = watchedRig();
    const left = post(request(1));
    post(request(2));
    left.disconnect();
    const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };
    await onBehalfOf(1, async () => transport.send(log));
    expect(inner.relatedIdOf('notifications/message')).toBe(2);
  });
});
