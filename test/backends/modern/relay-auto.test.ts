/** How the first modern client finds out what a server is. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AutoRelay } from '../../../src/backends/modern/relay-auto.js';
import type { ModernRelay, RelayListener } from '../../../src/modern-relay.js';

const HEADERS = new Headers({ authorization: 'Bearer of-ann' });
const CALL = { headers: HEADERS, isRetry: false };
const RETRY = { headers: HEADERS, isRetry: true };

const DISCOVERED = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { supportedVersions: ['2026-07-28'] } });

type Answer = (listener: RelayListener) => void;

const refused =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (listener) => {
    listener.refused({ status, headers, body: '', message: 'refused' });
  };

let answer: Answer;
let asked: string[];
let ended: number;
let era: { isModern: boolean };
let auto: AutoRelay;

beforeEach(() => {
  [asked, ended, era] = [[], 0, { isModern: false }];
  const relay: ModernRelay = {
    post: ({ body, clientHeaders }, listener) => {
      const { method } = JSON.parse(body) as { method: string };
      asked.push(`${method} ${clientHeaders.get('authorization') ?? ''}`);
      queueMicrotask(() => {
        answer(listener);
      });
      return () => ended++;
    },
  };
  auto = new AutoRelay(relay, era);
});

describe('a server that a modern client asks what it is', () => {
  it.each<[string, Answer]>([
    ['in JSON', (listener) => listener.whole(200, {}, DISCOVERED)],
    ['in a stream', (listener) => listener.events(`event: message\ndata: ${DISCOVERED}\n\n`)],
  ])('is modern if it says so %s, which is asked once', async (_, says) => {
    answer = says;
    expect(await Promise.all([auto.relayFor(CALL), auto.relayFor(CALL)])).toEqual([auto, auto]);
    expect(auto.relayFor(CALL)).toBe(auto);
    expect(asked).toEqual(['server/discover Bearer of-ann']);
    expect(ended).toBe(1);
    // Sessions ask by themselves, because some servers speak both eras.
    expect(era.isModern).toBe(false);
  });

  it.each<[string, Answer]>([
    ['refuses it', refused(400)],
    [
      'refuses it with a message',
      (listener) => listener.whole(400, {}, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000}}'),
    ],
    [
      'does not know the method',
      (listener) => listener.whole(200, {}, '{"jsonrpc":"2.0","id":1,"error":{"code":-32601}}'),
    ],
    ['is of a later revision', (listener) => listener.whole(200, {}, DISCOVERED.replace('2026', '2027'))],
    ['answers without a message', (listener) => listener.whole(200, {}, 'OK')],
    ['ends its stream', (listener) => listener.ended()],
  ])('is none for it if it %s, which is remembered', async (_, says) => {
    answer = says;
    era.isModern = true;
    expect(await auto.relayFor(CALL)).toBeUndefined();
    expect(auto.relayFor(RETRY)).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(era.isModern).toBe(false);
  });

  it.each<[string, Answer]>([
    ['wants credentials', refused(401)],
    ['wants better ones', refused(403, { 'www-authenticate': 'Bearer' })],
    ['is busy', refused(429)],
    ['is down', refused(503)],
    ['cannot be reached', (listener) => listener.broke(new Error('ECONNREFUSED'))],
  ])('is asked again if it %s, and gets no new call but one that is repeated', async (_, says) => {
    answer = says;
    expect(await auto.relayFor(CALL)).toBeUndefined();
    expect(await auto.relayFor(RETRY)).toBe(auto);
    expect(asked).toHaveLength(2);
    answer = (listener) => listener.whole(200, {}, DISCOVERED);
    expect(await auto.relayFor(CALL)).toBe(auto);
  });

  it('is of an earlier revision if it says nothing', async () => {
    vi.useFakeTimers();
    try {
      answer = () => undefined;
      const found = auto.relayFor(CALL);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await found).toBeUndefined();
      expect(ended).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is modern as soon as a session has found that', async () => {
    answer = refused(400);
    expect(await auto.relayFor(CALL)).toBeUndefined();
    era.isModern = true;
    expect(auto.relayFor(CALL)).toBe(auto);
  });

  it('is asked again after it has refused a message', async () => {
    answer = (listener) => listener.whole(200, {}, DISCOVERED);
    await auto.relayFor(CALL);
    answer = refused(404);
    const told = await new Promise((resolve) => {
      const nothing = (): void => undefined;
      auto.post(
        { body: '{"method":"tools/list"}', headers: {}, clientHeaders: HEADERS },
        { events: nothing, whole: nothing, ended: nothing, broke: nothing, refused: resolve },
      );
    });
    expect(told).toMatchObject({ status: 404 });
    expect(await auto.relayFor(CALL)).toBeUndefined();
    expect(asked.map((each) => each.split(' ')[0])).toEqual(['server/discover', 'tools/list', 'server/discover']);
  });
});
