/** What became of a message, and was told to nobody. Each test is named after the cause. */
import createDebug from 'debug';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withBackchannel, type RouteEvent } from '../../src/index.js';
import { Credential } from '../../src/proxy/credential.js';
import { Session } from '../../src/proxy/session.js';
import { proxySettingsFrom } from '../../src/proxy/settings.js';
import { notification } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { EventSource } from '../../src/proxy/event-source.js';

const open = proxies();

const question = (id: string) => ({ id, method: 'elicitation/create', params: {} });

const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  createDebug.enable('mcp-backchannel:route');
  vi.spyOn(createDebug, 'log').mockImplementation((...values) => void lines.push(values.join(' ')));
});

afterEach(() => {
  createDebug.disable();
  vi.restoreAllMocks();
});

test.each([
  { cause: 'of a call that its client took back', isTakenBack: true, error: { code: 'NOT_IN_FLIGHT' } },
  { cause: 'one too many', isTakenBack: false, error: { code: 'TOO_MANY_REQUESTS' } },
])(
  'a question that the proxy answered by itself, $cause, was missing from routes$ and the debug lines',
  async ({ isTakenBack, error }) => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { serialize: true, maxInFlight: 1 });
    const client = await stage.connect();
    const routes: RouteEvent[] = [];
    let isComplete = false;
    stage.proxy.routes$.subscribe({ next: (route) => routes.push(route), complete: () => (isComplete = true) });
    const session = backend.session();
    const call = client.start('tools/call', {});
    await session.got({ method: 'tools/call' });
    if (isTakenBack) {
      await client.notify('notifications/cancelled', { requestId: call.id });
      await session.got({ method: 'notifications/cancelled' });
    } else {
      const shown = client.next(({ message }) => message.id === 'first');
      await session.send(question('first'));
      await shown;
    }
    routes.length = 0;
    await session.send(question('q'));
    await session.got({ id: 'q' });
    expect(routes).toMatchObject([
      { session: client.sessionId, method: 'elicitation/create', id: 'q', to: 'nowhere', outcome: 'refused', error },
    ]);
    expect(lines.at(-1)).toContain(`elicitation/create "q" → nowhere: refused ${error.code} after 0 ms`);
    await stage.proxy.close({ graceMs: 0 });
    expect(isComplete).toBe(true);
  },
);

test('a subscriber of routes$ of the only session of a pipe threw, and ended the process', async () => {
  const inner = new NullTransport();
  const errors: Error[] = [];
  const settings = proxySettingsFrom({ upstream: () => new NullTransport() });
  const session = new Session(
    withBackchannel(inner),
    { headers: new Headers(), credential: new Credential(new Headers(), []) },
    settings,
    () => undefined,
    (error) => errors.push(error),
    new EventSource(),
  );
  session.routes$.subscribe(() => {
    throw new Error('mine');
  });
  await session.downstream.send(notification('notifications/message'));
  expect(errors).toMatchObject([{ code: 'CALLBACK_FAILED', cause: { message: 'mine' } }]);
  await session.end('it is over', 'shutdown');
});
