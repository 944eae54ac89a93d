/** What the sender, `routes$` and `onerror` hear of a message that waits for a stream. */
import { describe, expect, test, vi } from 'vitest';
import { cancelled, elicit, notification, request } from '../support/messages.js';
import { codes, sent, settle } from '../support/parked.js';
import { closeRigs, watchedRig, type WatchedRig } from '../support/watched-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill(closeRigs);

const LIST_CHANGED = 'notifications/tools/list_changed';
const LOG = 'notifications/message';

describe('a request for which there is no stream', () => {
  test('waits, and leaves when a GET opens: routes$ tells for how long', async () => {
    const rig = watchedRig();
    const question = sent(rig, elicit('q'));
    await vi.advanceTimersByTimeAsync(200);
    expect([question.outcome, rig.inner.sent]).toEqual(['pending', []]);
    rig.get();
    await Promise.resolve();
    await settle();
    expect(question.outcome).toBe('resolved');
    expect(rig.inner.optionsOf('q')).toBeUndefined();
    expect(rig.story()).toEqual(['q → nowhere: parked', 'q → standalone: delivered']);
    expect(rig.routes.map(({ waitedMs }) => waitedMs)).toEqual([0, 200]);
    expect(rig.errors).toEqual([]);
  });

  test('waits, and leaves on the stream of the next request, before its handler runs', async () => {
    const rig = watchedRig();
    void rig.transport.send(elicit('q'));
    const handler = rig.transport.onmessage;
    rig.transport.onmessage = (message, extra) => {
      expect(rig.inner.relatedIdOf('q')).toBe(7);
      handler?.(message, extra);
    };
    rig.post(request(7));
    await settle();
    expect(rig.received).toHaveLength(1);
    expect(rig.errors).toEqual([]);
    expect(rig.story()).toEqual(['q → nowhere: parked', 'q → 7: delivered']);
  });

  test('waits on when a request comes in that owns nothing', async () => {
    const rig = watchedRig();
    const question = sent(rig, elicit('q'));
    rig.post(request(1, 'ping'));
    await settle();
    expect([question.outcome, rig.inner.sent]).toEqual(['pending', []]);
    // Told once, though it was tried again.
    expect(rig.story()).toEqual(['q → nowhere: parked']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(question.outcome).toBe('rejected PARK_TIMEOUT');
  });

  test('is rejected when its time is over, and reported to nobody else', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300 });
    const question = sent(rig, elicit('q'));
    await vi.advanceTimersByTimeAsync(299);
    expect(question.outcome).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(question.outcome).toBe('rejected PARK_TIMEOUT');
    expect(rig.story()).toEqual(['q → nowhere: parked', 'q → nowhere: refused PARK_TIMEOUT']);
    expect(rig.routes.at(-1)?.waitedMs).toBe(300);
    expect(rig.errors).toEqual([]);
    rig.get();
    await Promise.resolve();
    expect(rig.inner.sent).toEqual([]);
  });

  test('is rejected at once when it may not wait', async () => {
    const rig = watchedRig({ parkTimeoutMs: 0 });
    await expect(rig.transport.send(elicit('q'))).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    expect(rig.story().at(-1)).toBe('q → nowhere: refused PARK_TIMEOUT');
  });

  test('is rejected when too many wait, and they stay', async () => {
    const rig = watchedRig({ maxParked: 1 });
    const first = sent(rig, elicit('q'));
    await expect(rig.transport.send(elicit('one more'))).rejects.toMatchObject({ code: 'PARK_FULL' });
    rig.get();
    await Promise.resolve();
    await settle();
    expect(first.outcome).toBe('resolved');
  });

  test('is rejected when those who wait are too long together, and may be of any length when none waits', async () => {
    const rig = watchedRig({ maxParkedBytes: 1_000 });
    const first = sent(rig, { ...elicit('q'), params: { message: 'x'.repeat(1_000) } });
    await expect(rig.transport.send(elicit('one more'))).rejects.toMatchObject({
      code: 'PARK_FULL',
      message: expect.stringContaining('messages of 1000 bytes') as string,
    });
    rig.get();
    await Promise.resolve();
    await settle();
    expect(first.outcome).toBe('resolved');
    expect(rig.transport.backchannel.snapshot().parked).toBe(0);
  });

  test('gets the error of the transport when it leaves and that fails', async () => {
    const rig = watchedRig();
    rig.inner.write = () => Promise.reject(new Error('disk full'));
    const question = sent(rig, elicit('q'));
    rig.get();
    await Promise.resolve();
    await settle();
    expect(question.outcome).toBe('rejected Error: disk full');
    expect(rig.story()).toEqual(['q → nowhere: parked', 'q → standalone: failed']);
    expect(rig.transport.backchannel.snapshot().openExchanges).toBe(0);
  });

  test('waits as well where requests are answered in JSON, though one is in flight', async () => {
    const rig = watchedRig();
    rig.inner.json = true;
    rig.post(request(1));
    const question = sent(rig, elicit('q'));
    await settle();
    expect(question.outcome).toBe('pending');
    rig.get();
    await Promise.resolve();
    await settle();
    expect(rig.inner.optionsOf('q')).toBeUndefined();
  });

  test('leaves in the order of its send() among all that wait', async () => {
    const rig = watchedRig();
    const names = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? `n${index}` : index));
    for (const name of names) {
      void rig.transport.send(typeof name === 'string' ? notification(name) : elicit(name));
    }
    rig.get();
    await Promise.resolve();
    await settle();
    expect(rig.inner.sent.map(({ message }) => message.id ?? message.method)).toEqual(names);
  });
});

describe('a cancellation of a request that waits', () => {
  test('is dropped with it, and both are told', async () => {
    const rig = watchedRig();
    const [question, other] = [sent(rig, elicit('q')), sent(rig, elicit('other'))];
    const cancellation = sent(rig, cancelled('q'));
    await settle();
    expect([question.outcome, cancellation.outcome]).toEqual(['rejected CANCELLED', 'resolved']);
    expect(rig.story().slice(-2)).toEqual([
      'q → nowhere: refused CANCELLED',
      'notifications/cancelled → nowhere: refused CANCELLED',
    ]);
    rig.get();
    await Promise.resolve();
    await settle();
    expect(rig.inner.sent.map(({ message }) => message.id)).toEqual(['other']);
    expect(other.outcome).toBe('resolved');
  });

  test('goes to the client when the request has left already', async () => {
    const rig = watchedRig();
    void rig.transport.send(elicit('q'));
    rig.get();
    await Promise.resolve();
    await rig.transport.send(cancelled('q'));
    expect(rig.inner.sent).toHaveLength(2);
  });
});

describe('close()', () => {
  test('settles everything that waits, and routes$ tells it', async () => {
    const rig = watchedRig();
    const senders = [elicit('q'), notification(LOG), notification(LIST_CHANGED)].map((message) => sent(rig, message));
    await rig.transport.close();
    await settle();
    expect(senders.map(({ outcome }) => outcome)).toEqual(['rejected CLOSED', 'resolved', 'resolved']);
    expect(codes(rig)).toEqual(['CLOSED', 'CLOSED']);
    expect(rig.story().slice(3)).toEqual([
      'q → nowhere: refused CLOSED',
      `${LOG} → nowhere: refused CLOSED`,
      `${LIST_CHANGED} → nowhere: refused CLOSED`,
    ]);
    expect(rig.inner.sent).toEqual([]);
  });

  test('settles also what is about to leave when the transport closes under the first to leave', async () => {
    const rig = watchedRig();
    rig.inner.write = () => {
      rig.inner.onclose?.();
      return Promise.resolve();
    };
    const senders = ['first', 'second'].map((id) => sent(rig, elicit(id)));
    rig.get();
    await Promise.resolve();
    await settle();
    expect(senders.map(({ outcome }) => outcome)).not.toContain('pending');
    expect(senders[1]?.outcome).toBe('rejected CLOSED');
    expect(rig.inner.sent).toHaveLength(1);
  });
});

test('where the form of handleRequest is not known nothing is known of streams, and nothing waits', async () => {
  const { inner, transport } = watchedRig();
  await transport.close();
  await transport.start();
  inner.handleRequest = () => Promise.resolve();
  await transport.handleRequest({ req: {}, env: {} });
  await transport.send(elicit('q'));
  expect(inner.sent).toHaveLength(1);
});

describe('who hears in routes$ that a request waits', () => {
  test.each<[string, (rig: WatchedRig) => Promise<void>]>([
    ['CLOSED', async ({ transport }) => transport.close()],
    ['CANCELLED', async ({ transport }) => transport.send(cancelled('q'))],
  ])('may end that: %s', async (code, ends) => {
    const rig = watchedRig();
    rig.transport.backchannel.routes$.subscribe(({ id, outcome }) => {
      if (id === 'q' && outcome === 'parked') void ends(rig);
    });
    const question = sent(rig, elicit('q'));
    await settle();
    expect(question.outcome).toBe(`rejected ${code}`);
    expect(rig.transport.backchannel.snapshot().parked).toBe(0);
    expect(rig.errors).toEqual([]);
  });
});
