/**
 * News about the session belongs on the standalone stream. A client that does not hold it yet gets the
 * news when it does; one that never does, on the stream of its next request.
 */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RouteEvent } from 'mcp-backchannel';
import type { Arrival } from '../../../examples/lib/strict-client.js';
import { type Live } from '../../support/live.js';
import { lives } from '../../support/lives.js';

const open = lives();
const CHANGED = 'notifications/tools/list_changed';
const UPDATED = 'notifications/resources/updated';
const LOGGED = 'notifications/message';

const is =
  (method: string) =>
  ({ message }: Arrival): boolean =>
    message.method === method;

const outcomes = ({ routes }: Live, method: string): RouteEvent['outcome'][] =>
  routes.filter((event) => event.method === method).map(({ outcome }) => outcome);

/** What came, as methods and streams, without answers. */
const arrived = ({ client }: Live): string[] =>
  client.arrivals
    .filter(({ message }) => message.method !== undefined)
    .map(({ message, stream }) => `${message.method ?? ''} on ${stream}`);

/**
 * Sends what nobody can take, and waits until its time is over. What was parked before it has then had
 * its time as well.
 */
async function parkTimePasses(live: Live): Promise<void> {
  const over = live.route(({ method, outcome }) => method === LOGGED && outcome === 'refused');
  await live.server.sendLoggingMessage({ level: 'info', data: 'for nobody' });
  await over;
}

describe('with no standalone stream', () => {
  test('delivers list_changed when one is opened within the time', async () => {
    const live = await open();
    await live.server.sendToolListChanged();
    const changed = live.client.next(is(CHANGED));
    await live.openGet();
    expect(await changed).toMatchObject({ stream: 'GET' });
    expect(outcomes(live, CHANGED)).toEqual(['parked', 'delivered']);
  });

  test('bare: list_changed is lost', async () => {
    const live = await open({ wrapped: false });
    await live.server.sendToolListChanged();
    await live.openGet();
    const logged = live.client.next(is(LOGGED));
    await live.server.sendLoggingMessage({ level: 'info', data: 'the next message' });
    await logged;
    expect(arrived(live)).toEqual([`${LOGGED} on GET`]);
  });

  test('does not delay the tool that says its list has changed', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 60_000 } });
    const call = await live.call('change');
    await call.onBehalf(async () => live.server.sendToolListChanged());
    expect(outcomes(live, CHANGED)).toEqual(['parked']);
    call.finish('changed');
    expect((await call.response).result).toMatchObject({ content: [{ text: 'changed' }] });
    expect(arrived(live)).toEqual([]);
  });

  test('delivers list_changed on the stream of a call in flight when the time is over', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20 } });
    const call = await live.call('running');
    const changed = live.client.next(is(CHANGED));
    await live.server.sendToolListChanged();
    expect(await changed).toMatchObject({ stream: 'POST running' });
    expect(outcomes(live, CHANGED).at(-1)).toBe('delivered');
    call.finish();
    await call.response;
  });

  test('delivers list_changed on the stream of the next call when none is in flight as the time ends', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20 } });
    await live.server.sendToolListChanged();
    await parkTimePasses(live);
    expect(outcomes(live, CHANGED)).toEqual(['parked']);
    const call = await live.call('next');
    call.finish();
    await call.response;
    expect(arrived(live)).toEqual([`${CHANGED} on POST next`]);
    expect(outcomes(live, CHANGED)).toEqual(['parked', 'delivered']);
  });

  test('delivers list_changed, when the time is over, on a standalone stream rather than on a call', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20 } });
    await live.server.sendToolListChanged();
    await parkTimePasses(live);
    const changed = live.client.next(is(CHANGED));
    await live.openGet();
    expect(await changed).toMatchObject({ stream: 'GET' });
  });

  test("'standalone-only': reports list_changed when the time is over, and sends it on no call", async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20, sessionWide: 'standalone-only' } });
    const refused = live.route(({ method, outcome }) => method === CHANGED && outcome === 'refused');
    const call = await live.call('running');
    await live.server.sendToolListChanged();
    expect(await refused).toMatchObject({ to: 'nowhere', error: { code: 'PARK_TIMEOUT' } });
    call.finish();
    await call.response;
    expect(live.errors).toMatchObject([{ code: 'PARK_TIMEOUT' }]);
    expect(arrived(live)).toEqual([]);
  });

  test('delivers one list_changed for a hundred that were parked', async () => {
    const live = await open();
    for (let sent = 0; sent < 100; sent++) await live.server.sendToolListChanged();
    await live.openGet();
    const logged = live.client.next(is(LOGGED));
    await live.server.sendLoggingMessage({ level: 'info', data: 'the next message' });
    await logged;
    expect(arrived(live)).toEqual([`${CHANGED} on GET`, `${LOGGED} on GET`]);
    expect(outcomes(live, CHANGED).filter((outcome) => outcome === 'superseded')).toHaveLength(99);
    expect(outcomes(live, CHANGED).at(-1)).toBe('delivered');
    expect(live.errors).toEqual([]);
  });

  test('delivers news that is repeated faster than it may wait, when the time of the first is over', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 100 } });
    const call = await live.call('running');
    for (let sent = 0; sent < 100 && arrived(live).length === 0; sent++) {
      await live.server.sendToolListChanged();
      await setTimeout(5);
    }
    expect(arrived(live)[0]).toBe(`${CHANGED} on POST running`);
    call.finish();
    await call.response;
  });

  test('delivers news that is repeated, when the time of the first is over, with the next call', async () => {
    const live = await open({ backchannel: { parkTimeoutMs: 20 } });
    await live.server.sendToolListChanged();
    await parkTimePasses(live);
    await live.server.sendToolListChanged();
    const call = await live.call('next');
    call.finish();
    await call.response;
    expect(arrived(live)).toEqual([`${CHANGED} on POST next`]);
    expect(outcomes(live, CHANGED)).toEqual(['parked', 'superseded', 'parked', 'delivered']);
  });

  test('delivers one update for each resource, the newest of it', async () => {
    const live = await open();
    const uris = ['file:///a', 'file:///b', 'file:///a', 'file:///b'];
    for (const [revision, uri] of uris.entries()) await live.server.sendResourceUpdated({ uri, _meta: { revision } });
    await live.openGet();
    const logged = live.client.next(is(LOGGED));
    await live.server.sendLoggingMessage({ level: 'info', data: 'the next message' });
    await logged;
    expect(live.client.arrivals.filter(is(UPDATED)).map(({ message }) => message.params as unknown)).toEqual([
      { uri: 'file:///a', _meta: { revision: 2 } },
      { uri: 'file:///b', _meta: { revision: 3 } },
    ]);
  });
});

describe.each([true, false])('with a standalone stream (wrapped: %s)', (wrapped) => {
  test('delivers every list_changed there, also while a call is in flight', async () => {
    const live = await open({ wrapped });
    await live.openGet();
    const call = await live.call('running');
    for (let sent = 0; sent < 3; sent++) await call.onBehalf(async () => live.server.sendToolListChanged());
    call.finish();
    await call.response;
    const logged = live.client.next(is(LOGGED));
    await live.server.sendLoggingMessage({ level: 'info', data: 'the next message' });
    await logged;
    expect(arrived(live)).toEqual([...Array<string>(3).fill(`${CHANGED} on GET`), `${LOGGED} on GET`]);
  });
});
