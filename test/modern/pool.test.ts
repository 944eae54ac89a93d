/** Which calls have the same session. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import type { ModernCall } from '../../src/modern/envelope.js';
import { InnerTransport } from '../../src/modern/inner-transport.js';
import { Place, type PooledSession } from '../../src/modern/place.js';
import { Pool, type Caller, type ModernSessions } from '../../src/modern/pool.js';

const ANN: Caller = { principal: 'ann', seen: '', isKnown: true };
const BEN: Caller = { principal: 'ben', seen: '', isKnown: true };
const ANYBODY: Caller = { principal: '', seen: '', isKnown: false };

class Session implements PooledSession {
  users = 0;
  ended: string | undefined;

  connected(): void {
    this.users += 1;
  }

  disconnected(): void {
    this.users -= 1;
  }

  async end(reason: string): Promise<void> {
    this.ended = reason;
    return Promise.resolve();
  }
}

let opened: Session[];

/** Its backend answers `initialize` at once. */
function open(transport: InnerTransport): PooledSession {
  transport.onmessage = ({ id, method }: JsonRpcMessage) => {
    if (method === 'initialize') void transport.send({ jsonrpc: '2.0', id, result: { capabilities: {} } });
  };
  const session = new Session();
  opened.push(session);
  return session;
}

function callOf(capabilities = {}): ModernCall {
  return { kind: 'call', id: 1, method: 'tools/call', params: {}, message: {}, capabilities };
}

function poolOf(sessions: ModernSessions, maxIdle = 100) {
  const pool = new Pool<'full'>({
    sessions,
    maxIdle,
    makeTransport: () => new InnerTransport({}),
    isRefusal: (session) => session === 'full',
  });
  const take = (caller: Caller, capabilities = {}): Place => {
    const place = pool.take(caller, callOf(capabilities), { run: (work) => work() }, open);
    if (!(place instanceof Place)) throw new Error('no session');
    return place;
  };
  return { pool, take };
}

beforeEach(() => {
  opened = [];
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
  };
});

describe('a leased session', () => {
  it('is had by one call at a time, and then by the next', () => {
    const { pool, take } = poolOf('lease');
    const first = take(ANN);
    const second = take(ANN);
    expect(second).not.toBe(first);
    pool.release(first, ANN, true);
    expect(take(ANN)).toBe(first);
  });

  it('is for the same user with the same capabilities only', () => {
    const { pool, take } = poolOf('lease');
    const place = take(ANN, { sampling: {} });
    pool.release(place, ANN, true);
    expect(take(BEN, { sampling: {} })).not.toBe(place);
    expect(take(ANN)).not.toBe(place);
    expect(take(ANN, { sampling: {} })).toBe(place);
  });

  it('is ended if the backend may still work for its call', () => {
    const { pool, take } = poolOf('lease');
    const place = take(ANN);
    pool.release(place, ANN, false);
    expect(opened[0]?.ended).toBeDefined();
    expect(take(ANN)).not.toBe(place);
  });

  it('is ended after a while if there is another one like it', async () => {
    const { pool, take } = poolOf('lease');
    const places = [take(ANN), take(ANN), take(ANN)];
    for (const place of places) pool.release(place, ANN, true);
    expect(take(ANN)).toBe(places[2]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened.map(({ ended }) => ended !== undefined)).toEqual([false, true, false]);
  });

  it('lets no server request wait for another anonymous client', () => {
    const { take } = poolOf('lease');
    expect(take(ANYBODY).transport.hasSeveralClients).toBe(true);
    expect(take(ANN).transport.hasSeveralClients).toBe(false);
  });

  it('is lent while its user listens, but not by an anonymous client', () => {
    const { pool, take } = poolOf('lease');
    const listening = take(ANN);
    expect(pool.lend(listening, ANN)).toBe(true);
    expect(take(ANN)).toBe(listening);
    const anonymous = take(ANYBODY);
    expect(pool.lend(anonymous, ANYBODY)).toBe(false);
    expect(take(ANYBODY)).not.toBe(anonymous);
  });
});

describe('a shared session', () => {
  it('is had by all calls of its user, and by nobody else', () => {
    const { pool, take } = poolOf('shared');
    const place = take(ANN);
    expect(take(ANN)).toBe(place);
    expect(take(BEN)).not.toBe(place);
    expect(take(ANYBODY)).not.toBe(take(ANYBODY));
    pool.release(place, ANN, false);
    expect(take(ANN)).toBe(place);
    place.end('gone');
    expect(take(ANN)).not.toBe(place);
  });
});

describe('a session for one call', () => {
  it('ends with it', () => {
    const { pool, take } = poolOf('call');
    const place = take(ANN);
    pool.release(place, ANN, true);
    expect(opened[0]).toMatchObject({ users: 0, ended: expect.any(String) as string });
    expect(take(ANN)).not.toBe(place);
  });
});

describe.each(['lease', 'shared'] as const)('of the sessions that no call uses (%s)', (sessions) => {
  const userOf = (name: string): Caller => ({ ...ANN, principal: name });
  const isEnded = (): boolean[] => opened.map(({ ended }) => ended !== undefined);

  it('the one that was used longest ago ends when there are too many', () => {
    const { pool, take } = poolOf(sessions, 2);
    const use = (name: string): void => {
      pool.release(take(userOf(name)), userOf(name), true);
    };
    for (const name of ['a', 'b', 'a', 'c']) use(name);
    expect(isEnded()).toEqual([false, true, false]);
    use('d');
    expect(isEnded()).toEqual([true, true, false, false]);
  });

  it('one that is used is none', () => {
    const { pool, take } = poolOf(sessions, 1);
    take(userOf('a'));
    for (const name of ['b', 'c']) pool.release(take(userOf(name)), userOf(name), true);
    expect(isEnded()).toEqual([false, true, false]);
  });

  it('one counts again when its listener has left', () => {
    const { pool, take } = poolOf(sessions, 1);
    const place = take(userOf('a'));
    pool.lend(place, userOf('a'));
    pool.release(take(userOf('b')), userOf('b'), true);
    pool.returned(place);
    expect(isEnded()).toEqual([false, true]);
    pool.release(take(userOf('c')), userOf('c'), true);
    expect(isEnded()).toEqual([true, true, false]);
  });
});
