/** What the sender, `routes$` and `onerror` hear of a notification, or of session-wide news, that waits. */
import { describe, expect, test, vi } from 'vitest';
import { elicit, notification, request } from '../support/messages.js';
import { codes, sent, settle } from '../support/parked.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill(closeRigs);

const LIST_CHANGED = 'notifications/tools/list_changed';
const LOG = 'notifications/message';

describe('a notification for which there is no stream', () => {
  test('keeps nobody waiting: its send() resolves at once, and routes$ tells when it has left', async () => {
    const rig = watchedRig();
    await expect(rig.transport.send(notification(LOG))).resolves.toBeUndefined();
    expect(rig.inner.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(40);
    rig.get();
    await Promise.resolve();
    await settle();
    expect(rig.story()).toEqual([`${LOG} → nowhere: parked`, `${LOG} → standalone: delivered`]);
    expect(rig.routes.at(-1)?.waitedMs).toBe(40);
    expect(rig.errors).toEqual([]);
  });

  test('is reported when its time is over, to onerror and routes$', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300 });
    const log = sent(rig, notification(LOG));
    await vi.advanceTimersByTimeAsync(300);
    expect(log.outcome).toBe('resolved');
    expect(codes(rig)).toEqual(['PARK_TIMEOUT']);
    expect(rig.errors[0]?.message).toContain(LOG);
    expect(rig.story()).toEqual([`${LOG} → nowhere: parked`, `${LOG} → nowhere: refused PARK_TIMEOUT`]);
  });

  test.each([
    ['it may not wait', { parkTimeoutMs: 0 }, 'PARK_TIMEOUT'],
    ['too many wait', { maxParked: 0 }, 'PARK_FULL'],
  ])('is reported at once when %s', async (_when, options, code) => {
    const rig = watchedRig(options);
    await expect(rig.transport.send(notification(LOG))).resolves.toBeUndefined();
    await settle();
    expect(codes(rig)).toEqual([code]);
  });

  test('is reported when it leaves and the transport fails', async () => {
    const rig = watchedRig();
    rig.inner.write = () => Promise.reject(new Error('disk full'));
    const log = sent(rig, notification(LOG));
    rig.get();
    await Promise.resolve();
    await settle();
    expect(log.outcome).toBe('resolved');
    expect(rig.errors.map(({ message }) => message)).toEqual(['disk full']);
    expect(rig.story().at(-1)).toBe(`${LOG} → standalone: failed`);
  });

  test('does no harm when onerror throws', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300 });
    rig.transport.onerror = () => {
      throw new Error('in onerror');
    };
    const [log, question] = [sent(rig, notification(LOG)), sent(rig, elicit('q'))];
    await vi.advanceTimersByTimeAsync(300);
    expect([log.outcome, question.outcome]).toEqual(['resolved', 'rejected PARK_TIMEOUT']);
    rig.get();
    await Promise.resolve();
    await expect(rig.transport.send(notification(LOG))).resolves.toBeUndefined();
    expect(rig.inner.sent).toHaveLength(1);
  });
});

describe('session-wide news', () => {
  test('of which the newest stands for all: the others are superseded, and their senders content', async () => {
    const rig = watchedRig();
    const [first, newest] = [notification(LIST_CHANGED, { n: 1 }), notification(LIST_CHANGED, { n: 2 })];
    const senders = [sent(rig, first), sent(rig, newest)];
    await settle();
    expect(senders.map(({ outcome }) => outcome)).toEqual(['resolved', 'resolved']);
    rig.get();
    await Promise.resolve();
    await settle();
    expect(rig.inner.sent.map(({ message }) => message)).toEqual([newest]);
    expect(rig.story()).toEqual([
      `${LIST_CHANGED} → nowhere: parked`,
      `${LIST_CHANGED} → nowhere: superseded`,
      `${LIST_CHANGED} → nowhere: parked`,
      `${LIST_CHANGED} → standalone: delivered`,
    ]);
    expect(rig.errors).toEqual([]);
  });

  test('go on the stream of a request in flight when no GET has opened in time', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300 });
    rig.post(request(7));
    void rig.transport.send(notification(LIST_CHANGED));
    await vi.advanceTimersByTimeAsync(299);
    expect(rig.inner.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(rig.inner.relatedIdOf(LIST_CHANGED)).toBe(7);
  });

  test('go on the stream of the next request, after any time', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300 });
    void rig.transport.send(notification(LIST_CHANGED));
    await vi.advanceTimersByTimeAsync(100_000);
    rig.post(request(7));
    await settle();
    expect(rig.inner.relatedIdOf(LIST_CHANGED)).toBe(7);
    expect(rig.errors).toEqual([]);
  });

  test.each([[300], [0]])("are reported after %i ms when sessionWide is 'standalone-only'", async (parkTimeoutMs) => {
    const rig = watchedRig({ parkTimeoutMs, sessionWide: 'standalone-only' });
    rig.post(request(7));
    void rig.transport.send(notification(LIST_CHANGED));
    await vi.advanceTimersByTimeAsync(parkTimeoutMs);
    expect(rig.inner.sent).toEqual([]);
    expect(codes(rig)).toEqual(['PARK_TIMEOUT']);
  });

  test('that expect an answer do not wait for ever: after the last try they are rejected', async () => {
    const rig = watchedRig({ parkTimeoutMs: 300, scopeOf: () => 'session' });
    const question = sent(rig, elicit('q'));
    await vi.advanceTimersByTimeAsync(300);
    expect(question.outcome).toBe('rejected PARK_TIMEOUT');
  });
});
