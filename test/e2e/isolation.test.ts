/** Nothing crosses: not between the sessions of a proxy, nor between proxies in one process. */
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { stages, startCall, textOf, type Stage } from '../support/stage.js';
import { SCENARIOS, WITH_AND_WITHOUT_STORE } from '../support/transports.js';

const open = stages();
const TURNS = [2, 0, 3, 1];

describe.each(SCENARIOS)('two clients of one proxy, with $transport and a backend over $upstream', (scenario) => {
  it('share neither messages nor state, though they use the same request ids at the same time', async () => {
    const stage = await open(scenario.upstream, { kind: scenario });
    const [ann, bob] = await Promise.all([stage.connect('ann'), stage.connect('bob')]);
    expect(ann.sessionId).not.toBe(bob.sessionId);

    await expectNoMixing({ ann, bob });
    expectOwnSession(stage, ann);
    expectOwnSession(stage, bob);
  });
});

describe.each(WITH_AND_WITHOUT_STORE)('two proxies side by side in one process, with $transport', (kind) => {
  it.each([
    ['streamable-http', 'streamable-http'],
    ['in-memory', 'sse'],
  ] as const)('share nothing, with their backends over %s and %s', async (one, other) => {
    const [left, right] = await Promise.all([open(one, { kind }), open(other, { kind })]);
    const [ann, bob] = await Promise.all([left.connect('ann'), right.connect('bob')]);

    await expectNoMixing({ ann, bob });
    expectOwnSession(left, ann);
    expectOwnSession(right, bob);
    expect(() => left.session(bob)).toThrow('no session');
  });
});

/** Has two clients do the same work at the same time, and sees that each meets only its own. */
async function expectNoMixing(clients: Readonly<Record<string, StrictClient>>): Promise<void> {
  const both = Object.entries(clients);
  const inParallel = async (work: (client: StrictClient, name: string) => Promise<void>): Promise<unknown> =>
    Promise.all(both.map(async ([name, client]) => work(client, name)));

  // Nobody answers before all have asked: then everything is in flight at the same time.
  const asked = barrier(both.length * TURNS.length);
  for (const [name, client] of both) {
    client.answer('elicitation/create', async () => {
      await asked();
      return { action: 'accept', content: { answer: name } };
    });
  }
  await inParallel(askAllAtOnce);
  await inParallel(logAllAtOnce);
  await inParallel(remember);
  await inParallel(recall);

  const idsOf = ([, client]: (typeof both)[number]): Set<unknown> =>
    new Set(client.arrivals.map(({ message: { method, id } }) => `${method ?? 'answer'} ${String(id)}`));
  const [one, other] = both.map(idsOf);
  expect(one, 'both sessions use the same ids').toEqual(other);
}

/** Calls that wait for one another and then ask. */
async function askAllAtOnce(client: StrictClient, name: string): Promise<void> {
  const calls = TURNS.map((turn) => {
    const tag = `${name} ${String(turn)}`;
    return client.start('tools/call', { name: 'ask_in_turn', arguments: { tag, turn, of: TURNS.length } });
  });
  expect(await Promise.all(calls.map(textOf))).toEqual(TURNS.map((turn) => `${name} ${String(turn)}: accept ${name}`));
  const own = new Set(calls.map(({ id }) => `POST ${String(id)}`));
  for (const { message, stream } of questions(client)) {
    expect((message.params as { message: string }).message).toMatch(new RegExp(`^${name} `));
    expect(own).toContain(stream);
  }
  expect(questions(client)).toHaveLength(TURNS.length);
}

async function logAllAtOnce(client: StrictClient, name: string): Promise<void> {
  const tags = Array.from({ length: 10 }, (_, index) => `${name} ${String(index)}`);
  await Promise.all(tags.map(async (tag) => client.callTool('log', { tag })));
  const logged = client.arrivals.filter(({ message }) => message.method === 'notifications/message');
  expect(logged.map(({ message }) => (message.params as { data: string }).data).sort()).toEqual(tags);
}

async function remember(client: StrictClient, name: string): Promise<void> {
  await client.callTool('remember', { key: 'name', value: name });
  await client.callTool('remember', { key: `only ${name}`, value: true });
}

async function recall(client: StrictClient, name: string): Promise<void> {
  const other = name === 'ann' ? 'bob' : 'ann';
  const keys = ['name', `only ${name}`, `only ${other}`];
  const values = await Promise.all(keys.map(async (key) => textOf(await startCall(client, 'recall', { key }))));
  expect(values).toEqual([`"${name}"`, 'true', 'null']);
}

function expectOwnSession(stage: Stage, client: StrictClient): void {
  const { routes } = stage.session(client);
  expect(routes).toHaveLength(TURNS.length + 10);
  expect(new Set(routes.map(({ session }) => session))).toEqual(new Set([client.sessionId]));
}

/** A function that resolves for everybody when it has been called `of` times. */
function barrier(of: number): () => Promise<void> {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  return async () => {
    waiting += 1;
    if (waiting === of) open();
    return opened;
  };
}

function questions(client: StrictClient): StrictClient['arrivals'] {
  return client.arrivals.filter(({ message }) => message.method === 'elicitation/create');
}
