/** The end of sessions whose backend does not end, on a clock of the test's own. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { Credential } from '../../src/proxy/credential.js';
import { Sessions } from '../../src/proxy/sessions.js';
import { proxySettingsFrom } from '../../src/proxy/settings.js';
import { request } from '../support/messages.js';
import { NullHttpTransport, NullTransport } from '../support/null-transport.js';
import { EventSource } from '../../src/proxy/event-source.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Unending extends NullTransport {
  override close(): Promise<void> {
    return new Promise(() => undefined);
  }
}

/** Sessions of which one is open, and its backend connected. */
function opened(): { sessions: Sessions; open: () => unknown; errors: Error[] } {
  const errors: Error[] = [];
  const settings = proxySettingsFrom({ upstream: () => new Unending(), maxSessions: 1 });
  const sessions = new Sessions(settings, (error) => errors.push(error), new EventSource());
  const headers = new Headers();
  const open = (): unknown =>
    sessions.open({ headers, credential: new Credential(headers, []) }, (events) => {
      const inner = new NullHttpTransport();
      const downstream = withBackchannel(inner);
      queueMicrotask(() => {
        events.initialized('session');
        inner.deliver(request(0, 'initialize'));
      });
      return downstream;
    });
  open();
  return { sessions, open, errors };
}

it('close() does not wait for ever for a backend that does not end', async () => {
  const { sessions, errors } = opened();
  await vi.advanceTimersByTimeAsync(0);
  expect(sessions.snapshot().sessions).toBe(1);
  const closed = vi.fn();
  void sessions.close(0).then(closed);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(closed).toHaveBeenCalledOnce();
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('did not end')]);
});

it('a backend that does not end keeps its place no longer than that', async () => {
  const { sessions, open } = opened();
  await vi.advanceTimersByTimeAsync(0);
  const session = await sessions.find('session', new Credential(new Headers(), []), () => ({}));
  if ('leave' in session) await session.leave();
  expect(open()).toMatchObject({ status: 503 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(open()).not.toHaveProperty('status');
});
