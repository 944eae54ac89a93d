/** What `events$` tells of calls of modern clients that the proxy itself answers with an error. */
import type { ProxyEvent, StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { doors } from './door-stage.js';
import { openPost, post, type RawOptions } from './raw-modern.js';
import { relays } from './relay-stage.js';
import { CAPABILITIES, INFO, VERSION } from './requests.js';

const openDoor = doors();
const openRelay = relays();

interface Opened {
  readonly url: string;
  readonly events: ProxyEvent[];
}

async function legacy(options: Partial<StatefulProxyOptions> = {}): Promise<Opened> {
  const { url, proxy } = await openDoor('http', options);
  const events: ProxyEvent[] = [];
  proxy.events$.subscribe((event) => events.push(event));
  return { url, events };
}

const BACKENDS = [
  ['earlier', legacy],
  ['same', openRelay],
] as const;

const CALL = { name: 'echo', arguments: { tag: 'a' } };
const CLIENT = { [INFO]: { name: 'Ann', version: '1' } };

/** The events of calls that no session has. */
const ofNoSession = ({ events }: Opened): readonly ProxyEvent[] =>
  events.filter(({ session }) => session === undefined);

function refusedCall(id: unknown, error: string, outcome = 'refused', method = 'tools/call'): readonly object[] {
  const of = { session: undefined, id, method };
  return [
    { kind: 'call', ...of },
    { kind: 'call-ended', ...of, outcome, error: expect.stringContaining(error) as string, code: undefined },
  ];
}

describe.each(BACKENDS)('a call to a backend of the %s revision, refused because', (_revision, open) => {
  it.each<[string, RawOptions, string]>([
    ['its headers say something else', { headers: { 'mcp-method': 'tools/list' } }, 'headers and body disagree'],
    ['it names no capabilities', { meta: { [CAPABILITIES]: undefined } }, 'lacks the required envelope key'],
    [
      'its revision is not known',
      { meta: { [VERSION]: '2099-01-01' }, headers: { 'mcp-protocol-version': '2099-01-01' } },
      'Unsupported protocol version: 2099-01-01',
    ],
  ])('%s', async (_why, options, error) => {
    const opened = await open();
    const { last } = await post(opened.url, 'tools/call', CALL, {
      id: 7,
      ...options,
      meta: { ...CLIENT, ...options.meta },
    });
    expect(last).toMatchObject({ id: 7, error: { message: expect.stringContaining(error) as string } });
    expect(opened.events).toMatchObject(refusedCall(7, error));
    expect(opened.events).toMatchObject(Array(2).fill({ client: 'Ann', target: 'echo' }));
    expect(opened.events[0]).toMatchObject({ headers: { 'mcp-name': 'echo' }, message: { params: CALL } });
  });

  it('its method is gone', async () => {
    const opened = await open();
    await post(opened.url, 'ping', {}, { id: 'p' });
    expect(opened.events).toMatchObject(refusedCall('p', 'Method not found', 'refused', 'ping'));
  });
});

describe.each(BACKENDS)('what is no call, for a backend of the %s revision:', (_revision, open) => {
  it.each<[string, RawOptions]>([
    ['a batch', { rewrite: (body) => `[${body}]` }],
    ['an answer', { rewrite: () => '{"jsonrpc":"2.0","id":7,"result":{}}' }],
    ['a notification', { rewrite: (body) => body.replace(/"id":\d+,/, ''), headers: { 'mcp-method': 'other' } }],
    ['no JSON', { rewrite: () => '{' }],
    ['a request of a page of another site', { headers: { origin: 'https://example.com' } }],
  ])('%s', async (_what, options) => {
    const { url, events } = await open();
    const { status } = await post(url, 'tools/call', CALL, { id: 7, ...options });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(events).toEqual([]);
  });
});

describe('a call that is passed on, refused because', () => {
  it.each([
    ['there are too many', 'Too many requests: 1 are relayed already', false],
    ['the proxy is closing', 'the proxy is closing', true],
  ])('%s', async (_why, error, isClosing) => {
    const opened = await openRelay({ maxSessions: 1 });
    const leaving = new AbortController();
    const first = openPost(opened.url, 'tools/call', { name: 'hang' }, { signal: leaving.signal, id: 7 });
    await expect.poll(() => opened.backend.seen).toHaveLength(1);
    const closed = isClosing ? opened.proxy.close({ graceMs: 60_000 }) : undefined;
    expect((await post(opened.url, 'tools/call', CALL, { id: 7 })).status).toBe(503);
    expect(ofNoSession(opened)).toMatchObject(refusedCall(7, error));
    leaving.abort();
    await expect(first).rejects.toThrow();
    await closed;
    await expect.poll(() => opened.events.at(-1)).toMatchObject({ kind: 'call-ended', target: 'hang' });
  });

  it('nobody knows how to reach the backend', async () => {
    const opened = await openRelay({ modernBackend: async () => Promise.reject(new Error('no way')) });
    await post(opened.url, 'tools/call', CALL, { id: 7 });
    expect(opened.events).toMatchObject(refusedCall(7, 'no way', 'undelivered'));
  });
});

describe('a call to a backend of an earlier revision, refused because', () => {
  it('a header does not repeat an argument, which is not told', async () => {
    const opened = await legacy();
    await post(opened.url, 'tools/list', {});
    const call = { name: 'tagged', arguments: { tag: 'secret' } };
    await post(opened.url, 'tools/call', call, { id: 7, headers: { 'mcp-param-tag': 'public' } });
    const [told, ended] = ofNoSession(opened);
    expect([told, ended]).toMatchObject(refusedCall(7, 'header does not repeat the argument tag'));
    expect(JSON.stringify(ended)).not.toMatch(/secret|public/);
  });

  it('it repeats a call that nobody knows', async () => {
    const opened = await legacy();
    await post(opened.url, 'tools/call', { ...CALL, requestState: 'forged' }, { id: 7 });
    expect(opened.events).toMatchObject(refusedCall(7, 'no such call waits for answers'));
  });

  it('there is no room for its session', async () => {
    const opened = await legacy({ maxSessions: 1 });
    await post(opened.url, 'tools/call', { name: 'ask', arguments: { tag: 'a' } }, { id: 6 });
    expect((await post(opened.url, 'tools/call', CALL, { id: 7 })).status).toBe(503);
    expect(ofNoSession(opened)).toMatchObject(refusedCall(7, 'Too many sessions: 1 are open already'));
  });

  it('it subscribes to what there is not', async () => {
    const opened = await legacy();
    await post(opened.url, 'subscriptions/listen', {}, { id: 7 });
    expect(ofNoSession(opened)).toMatchObject(refusedCall(7, 'Invalid params', 'refused', 'subscriptions/listen'));
  });

  it('the backend does not begin a session', async () => {
    const opened = await legacy({
      upstream: () => {
        throw new Error('no backend');
      },
    });
    await post(opened.url, 'tools/call', CALL, { id: 7 });
    expect(ofNoSession(opened)).toMatchObject(refusedCall(7, 'no backend', 'undelivered'));
  });
});
