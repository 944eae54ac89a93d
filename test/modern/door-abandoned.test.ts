/** Calls whose clients do not come back, or come back to the wrong place: bounded, and never run twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { doors, type DoorStage } from './door-stage.js';
import { Journal, legacyBackend } from './legacy-backend.js';
import { post, suspensionIn, type RawAnswer } from './raw-modern.js';

const open = doors();

/** Of one session. A client with a credential has one session for all its calls. */
const MAX_PER_SESSION = 100;
const MAX_IN_ALL = 10_000;

const ask = async (url: string, token: string, tag: string): Promise<RawAnswer> =>
  post(url, 'tools/call', { name: 'ask', arguments: { tag } }, { token });

async function retry(url: string, token: string, tag: string, requestState: string): Promise<RawAnswer> {
  const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: `${token} ${tag}` } } };
  return post(url, 'tools/call', { name: 'ask', arguments: { tag }, requestState, inputResponses }, { token });
}

interface Waiting {
  readonly token: string;
  readonly tag: string;
  readonly handle: string;
  state: 'waits' | 'taken';
}

const TOKENS = ['ann', 'ben'];

/** Owners come back often enough that they come back twice. */
function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ arbitrary: fc.constant(null), weight: 5 }, { arbitrary: value, weight: 1 });
}

const act = fc.oneof(
  fc.record({ does: fc.constant('calls' as const), token: fc.constantFrom(...TOKENS) }),
  fc.record({
    does: fc.constant('comes back' as const),
    /** Which of all calls that there ever were. */
    which: fc.nat(),
    token: seldom(fc.constantFrom(...TOKENS)),
    hasOtherParams: seldom(fc.constant(true)),
    forge: seldom(fc.nat(42)),
  }),
);

/** One letter is another one. */
function forged(handle: string, at: number): string {
  return `${handle.slice(0, at)}${handle[at] === 'A' ? 'B' : 'A'}${handle.slice(at + 1)}`;
}

it('a call goes on for its owner once, whoever else tries whatever, and has run once', async () => {
  const stage = await open('http', { modernSessions: 'lease' });
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 12 }), async (acts) => {
      const all: Waiting[] = [];
      for (const one of acts) {
        if (one.does === 'calls') {
          const tag = `call ${++calls}`;
          const { requestState } = suspensionIn(await ask(stage.url, one.token, tag));
          all.push({ token: one.token, tag, handle: requestState, state: 'waits' });
        } else await comeBack(stage, all, one);
      }
      for (const { token, tag, handle } of all.filter(({ state }) => state === 'waits'))
        expect((await retry(stage.url, token, tag, handle)).last.result).toMatchObject({ resultType: 'complete' });
    }),
    { numRuns: 12 },
  );
  expect([...stage.journal.runs.values()]).toEqual(Array(calls).fill(1));
});

type Return = Extract<typeof act extends fc.Arbitrary<infer A> ? A : never, { readonly which: number }>;

async function comeBack(stage: DoorStage, all: readonly Waiting[], by: Return): Promise<void> {
  const call = all[by.which % Math.max(1, all.length)];
  if (call === undefined) return;
  const handle = by.forge === null ? call.handle : forged(call.handle, by.forge);
  const [token, tag] = [by.token ?? call.token, by.hasOtherParams === true ? 'another' : call.tag];
  const isOwners = handle === call.handle && token === call.token && tag === call.tag;
  const { status, last } = await retry(stage.url, token, tag, handle);
  expect(status).toBe(200);
  if (isOwners && call.state === 'waits') {
    expect(last.result).toMatchObject({ content: [{ text: `${token} ${tag}` }] });
    call.state = 'taken';
  } else expect(last.error).toMatchObject({ code: -32602 });
}

describe('a call that waits for its client', () => {
  it('is not known after a restart, and is not run again', async () => {
    const [before, after] = [await open(), await open()];
    const { requestState } = suspensionIn(await ask(before.url, 'ann', 'one'));
    await before.proxy.close();
    const { status, last } = await retry(after.url, 'ann', 'one', requestState);
    expect([status, last.error?.code]).toEqual([200, -32602]);
    expect(after.journal.runs.size).toBe(0);
    expect(Object.fromEntries(before.journal.runs)).toEqual({ 'ask one': 1 });
    await expect.poll(() => before.journal.cancelled).toEqual(['one']);
  });

  it('is not run again when its backend has died', async () => {
    const { url, journal, endBackends } = await open();
    const { requestState } = suspensionIn(await ask(url, 'ann', 'one'));
    await endBackends();
    expect((await retry(url, 'ann', 'one', requestState)).last).toHaveProperty('error');
    expect(Object.fromEntries(journal.runs)).toEqual({ 'ask one': 1 });
  });
});

// In `npm test` the bound of a session only: 10,000 calls take half a minute.
const CLIENTS = process.env['FUZZ'] === 'long' ? MAX_IN_ALL / MAX_PER_SESSION : 2;

it(`${String(CLIENTS * MAX_PER_SESSION)} calls whose clients never come back are all that is kept`, async () => {
  // In this process: so many calls need more sockets than it may open.
  const journal = new Journal();
  const upstream = async (): Promise<InMemoryTransport> => {
    const [near, far] = InMemoryTransport.createLinkedPair();
    await legacyBackend(journal).connect(far);
    return near;
  };
  const { url, proxy } = await open('http', { modernSessions: 'shared', maxSessions: 200, upstream });
  for (let client = 0; client < CLIENTS; client++) {
    const token = `client ${String(client)}`;
    const calls = Array.from({ length: MAX_PER_SESSION }, (_, at) => ask(url, token, `${token} ${String(at)}`));
    for (const answer of await Promise.all(calls)) suspensionIn(answer);
    // The next one is told at once, and its backend does not wait for anybody.
    const refused = await ask(url, token, `${token} too many`);
    expect(refused.last.error).toMatchObject({ code: -32603 });
    await expect.poll(() => journal.cancelled).toContain(`${token} too many`);
  }
  const isFull = CLIENTS * MAX_PER_SESSION === MAX_IN_ALL;
  const oneMore = await ask(url, 'one more', 'one more');
  expect(oneMore.last.result?.['resultType'] === 'input_required').toBe(!isFull);
  expect([...journal.runs.values()].every((runs) => runs === 1)).toBe(true);
  expect(proxy.snapshot().sessions).toBe(CLIENTS + 1);
  await proxy.close();
  // Every call that waited has ended at its backend, too.
  await expect.poll(() => journal.cancelled.length, { timeout: 20_000 }).toBe(journal.runs.size);
  expect(proxy.snapshot().sessions).toBe(0);
}, 180_000);
