/** Subscribers of `events$` that cause events themselves. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { EventSource } from '../../src/proxy/event-source.js';
import { ScriptedBackend } from './scripted-backend.js';
import { proxies } from './support.js';

const open = proxies();

const PROGRESS = { method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } };
const CALL = { name: 'deploy', _meta: { progressToken: 'p' } };

describe('a subscriber of events$ that causes an event', () => {
  it('shows it to all subscribers in the same order, though one throws', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const { proxy, errors } = stage;
    const client = await stage.connect();
    const session = backend.session();
    const seen: string[][] = [[], []];
    const [first, second] = seen;
    proxy.events$.subscribe((event) => {
      first?.push(event.kind);
      // The backend is in the same process: the proxy has its message when this returns.
      if (event.kind !== 'call') return;
      void session.send(PROGRESS);
      expect(second).toEqual(['call', 'progress', 'route']);
    });
    proxy.events$.subscribe(() => {
      throw new Error('mine');
    });
    proxy.events$.subscribe((event) => second?.push(event.kind));
    const call = client.start('tools/call', CALL, 7);
    await session.got({ id: 7 });
    await session.send({ id: 7, result: {} });
    await call.response;
    const kinds = ['call', 'progress', 'route', 'call-ended'];
    expect(seen).toEqual([kinds, kinds]);
    expect(errors.map(({ cause }) => (cause as Error).message)).toEqual(kinds.map(() => 'mine'));
  });
});

describe('the source of the events', () => {
  const event = (id: number): ProxyEvent => ({
    kind: 'progress',
    at: 0,
    session: 's',
    client: undefined,
    call: id,
    progress: 1,
    total: undefined,
  });
  const callOf = (told: ProxyEvent): unknown => told.kind === 'progress' && told.call;

  it('keeps the order through several levels, and shows a new subscriber what follows', () => {
    const source = new EventSource();
    const events$ = source.events$([], (cause) => expect.unreachable(String(cause)));
    const [first, late, last]: unknown[][] = [[], [], []];
    events$.subscribe((told) => {
      first?.push(callOf(told));
      if (callOf(told) === 1) source.tell(event(2));
      if (callOf(told) === 2) {
        comeLate();
        source.tell(event(3));
      }
    });
    const comeLate = (): unknown => events$.subscribe((told) => late?.push(callOf(told)));
    events$.subscribe((told) => last?.push(callOf(told)));
    source.tell(event(1));
    expect([first, last, late]).toEqual([[1, 2, 3], [1, 2, 3], [3]]);
  });

  it('completes after what is told, also for those who come later', () => {
    const source = new EventSource();
    const events$ = source.events$([], (cause) => expect.unreachable(String(cause)));
    const last: unknown[] = [];
    events$.subscribe(() => {
      source.complete();
    });
    events$.subscribe({ next: (told) => last.push(callOf(told)), complete: () => last.push('complete') });
    source.tell(event(1));
    events$.subscribe({ complete: () => last.push('complete') });
    expect(last).toEqual([1, 'complete', 'complete']);
    expect(source.isWatched).toBe(false);
  });

  it('is watched while somebody is subscribed', () => {
    const source = new EventSource();
    const events$ = source.events$([], (cause) => expect.unreachable(String(cause)));
    const watched = [source.isWatched];
    const subscriptions = [events$.subscribe(), events$.subscribe()];
    watched.push(source.isWatched);
    for (const subscription of subscriptions) {
      subscription.unsubscribe();
      watched.push(source.isWatched);
    }
    events$.subscribe();
    watched.push(source.isWatched);
    expect(watched).toEqual([false, true, true, false, true]);
  });
});
