/** Whatever clients try, and in whatever order: a call is taken once, by its owner, or is given up once. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { SuspendedCalls } from '../../src/modern/suspended-calls.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

const TTL_MS = 100;
const MAX = 6;
const MAX_PER_SESSION = 3;

interface Call {
  readonly principal: string;
  readonly digest: string;
  readonly session: string;
}

/** A call that was suspended, and what has become of it. */
interface Suspended extends Call {
  readonly handle: string;
  readonly deadline: number;
  state: 'waits' | 'taken' | 'expired';
}

interface Model {
  now: number;
  readonly all: Suspended[];
}

interface Real {
  readonly calls: SuspendedCalls<string, Call>;
  readonly expired: Call[];
}

type Command = fc.Command<Model, Real>;

function waiting({ all }: Model): Suspended[] {
  return all.filter(({ state }) => state === 'waits');
}

/** What holds after each command. */
function check(model: Model, { calls, expired }: Real): void {
  expect(calls.size).toBe(waiting(model).length);
  expect(calls.size).toBeLessThanOrEqual(MAX);
  for (const session of ['x', 'y', 'z']) {
    expect(calls.sizeOf(session)).toBe(waiting(model).filter((call) => call.session === session).length);
    expect(calls.sizeOf(session)).toBeLessThanOrEqual(MAX_PER_SESSION);
  }
  expect(expired).toEqual(model.all.filter(({ state }) => state === 'expired').map(payloadOf));
  expect(vi.getTimerCount()).toBe(calls.size > 0 ? 1 : 0);
}

function payloadOf({ principal, digest, session }: Suspended): Call {
  return { principal, digest, session };
}

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    run: (model, real) => {
      run(model, real);
      check(model, real);
    },
    toString: () => name,
  };
}

const suspends = fc
  .record({
    principal: fc.constantFrom('ann', 'ben'),
    digest: fc.constantFrom('book', 'cancel'),
    session: fc.constantFrom('x', 'y', 'z'),
  })
  .map((call) =>
    command(`suspend ${JSON.stringify(call)}`, (model, { calls }) => {
      const suspension = calls.suspend({ ...call, payload: call });
      const ofSession = waiting(model).filter(({ session }) => session === call.session).length;
      if (waiting(model).length >= MAX) expect(suspension).toEqual({ state: 'refused', reason: 'full' });
      else if (ofSession >= MAX_PER_SESSION) expect(suspension).toEqual({ state: 'refused', reason: 'session-full' });
      else {
        expect(suspension.state).toBe('suspended');
        const handle = suspension.state === 'suspended' ? suspension.handle : '';
        expect(model.all.map((other) => other.handle)).not.toContain(handle);
        model.all.push({ ...call, handle, deadline: model.now + TTL_MS, state: 'waits' });
      }
    }),
  );

/** Takes one of all calls that there ever were, as somebody and for something, perhaps with a forged handle. */
const takes = fc
  .record({
    which: fc.nat(),
    principal: fc.option(fc.constantFrom('ann', 'ben')),
    digest: fc.option(fc.constantFrom('book', 'cancel')),
    forge: fc.option(fc.nat(255)),
  })
  .map(({ which, principal, digest, forge }) =>
    command(`take ${JSON.stringify({ which, principal, digest, forge })}`, (model, { calls }) => {
      const call = model.all[which % Math.max(1, model.all.length)];
      if (call === undefined) return;
      const handle = forge === null ? call.handle : forged(call.handle, forge);
      const [by, what] = [principal ?? call.principal, digest ?? call.digest];
      const isOwners = handle === call.handle && by === call.principal && what === call.digest;
      const taken = calls.take(handle, by, what);
      expect(taken).toEqual(isOwners && call.state === 'waits' ? payloadOf(call) : 'refused');
      if (taken !== 'refused') call.state = 'taken';
    }),
  );

/** Another handle, with one letter changed. */
function forged(handle: string, where: number): string {
  const at = where % handle.length;
  return `${handle.slice(0, at)}${handle.charAt(at) === 'A' ? 'B' : 'A'}${handle.slice(at + 1)}`;
}

const waits = fc.nat(TTL_MS * 2).map((ms) =>
  command(`wait ${ms}`, (model) => {
    model.now += ms;
    for (const call of waiting(model)) if (call.deadline <= model.now) call.state = 'expired';
    vi.advanceTimersByTime(ms);
  }),
);

test('suspended calls do what a simple model does', () => {
  const sequences = fc.commands([suspends, suspends, takes, takes, waits], { maxCommands: 60 });
  fc.assert(
    fc.property(sequences, (commands) => {
      const expired: Call[] = [];
      const calls = new SuspendedCalls<string, Call>({
        ttlMs: TTL_MS,
        maxSuspended: MAX,
        maxPerSession: MAX_PER_SESSION,
        onExpired: (call) => expired.push(call),
      });
      fc.modelRun(() => ({ model: { now: 0, all: [] }, real: { calls, expired } }), commands);
      vi.advanceTimersByTime(TTL_MS);
      expect([calls.size, vi.getTimerCount()]).toEqual([0, 0]);
    }),
    { numRuns: 300 },
  );
});

test('10,000 clients that never come back cost nothing in the end', () => {
  let expired = 0;
  const calls = new SuspendedCalls<string, Call>({ ttlMs: TTL_MS, onExpired: () => expired++ });
  let suspended = 0;
  for (let at = 0; at < 10_500; at++) {
    const call = { principal: 'ann', digest: 'book', session: `session ${at % 150}` };
    if (calls.suspend({ ...call, payload: call }).state === 'suspended') suspended++;
  }
  expect([suspended, calls.size, vi.getTimerCount()]).toEqual([10_000, 10_000, 1]);
  vi.advanceTimersByTime(TTL_MS);
  expect([expired, calls.size, vi.getTimerCount()]).toEqual([10_000, 0, 0]);
  expect(Array.from({ length: 150 }, (_, at) => calls.sizeOf(`session ${at}`)).every((left) => left === 0)).toBe(true);
});
