/** What can happen, one step at a time. Numbers choose among what is there. */
import fc from 'fast-check';
import type { RequestId } from '../../../src/routing/message.js';
import {
  incomingAnswer,
  incomingCancellation,
  incomingGarbage,
  incomingRequest,
  type ClientRequest,
} from './inbound.js';
import { isInFlight } from './reference.js';
import { show, type Req, type Stream } from './records.js';
import { leave, storeAnswers } from './returning.js';
import type { Side } from './side.js';
import type { Eagerness, World } from './world.js';

/** How many steps were taken, for the report. */
export const taken = { steps: 0 };

type Nothing = Record<string, never>;

class Step implements fc.AsyncCommand<Nothing, World> {
  constructor(
    private readonly name: string,
    private readonly isSettled: boolean,
    private readonly work: (world: World) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: Nothing, world: World): Promise<void> {
    taken.steps += 1;
    await this.work(world);
    world.checkNow();
    if (this.isSettled) await world.settle();
  }

  toString(): string {
    return this.isSettled ? this.name : `${this.name}, and in the same tick`;
  }
}

const ids = fc.constantFrom<RequestId>(0, '', '1', 1, '__proto__', 'other');
const which = fc.nat({ max: 5 });
const sides = fc.nat({ max: 1 });
const sessions = fc.constantFrom('a', 'b');
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 2 });
const usually = fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, fc.constant(false));

function step<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  work: (side: Side, given: T, world: World) => void | Promise<void>,
): fc.Arbitrary<Step> {
  return fc.tuple(sides, usually, arbitrary).map(([at, isSettled, given]) => {
    const title = `${name} ${at === 0 ? 'A' : 'B'} ${JSON.stringify(given)}`;
    return new Step(title, isSettled, (world) => work(world.sides[at] ?? world.sides[0], given, world));
  });
}

function pick<T>(all: readonly T[], at: number | undefined): T | undefined {
  return at === undefined || all.length === 0 ? undefined : all[all.length - 1 - (at % all.length)];
}

const allRequests = (world: World): Req[] => world.sides.flatMap(({ requests }) => requests.slice(-12));
const current = (side: Side): Req[] => side.requests.filter(({ life }) => life === side.life);

const clientRequests: fc.Arbitrary<ClientRequest> = fc.record({
  id: ids,
  method: fc.oneof(
    { arbitrary: fc.constant('tools/call'), weight: 5 },
    fc.constantFrom('tools/list', 'initialize', 'ping', 'tasks/result', 'tasks/get', 'prompts/get'),
  ),
  token: maybe(ids),
  taskId: sessions,
  session: sessions,
  eagerness: fc.oneof(
    { arbitrary: fc.constant<Eagerness>('waits'), weight: 5 },
    fc.constantFrom<Eagerness>('asks', 'notifies', 'answers', 'throws'),
  ),
});

/** What a message of the server says of where it belongs: an id that is right, stale, foreign, or none. */
const belongings = fc.record({ related: maybe(fc.oneof(which, ids)), within: maybe(which), session: maybe(sessions) });
type Belonging = typeof belongings extends fc.Arbitrary<infer T> ? T : never;

function sending(side: Side, { related, within, session }: Belonging, world: World) {
  const named = typeof related === 'number' ? pick(side.requests, related)?.id : related;
  return {
    related: named,
    within: pick(
      allRequests(world).filter(({ handler }) => handler !== undefined),
      within,
    ),
    session: side.sessionNamed(session),
  };
}

/** Our own transport says so when it is asked to write, as a pipe does, but at once: of that there are other tests. */
function writable<T extends object>(side: Side, kind: T): T {
  return side.own === undefined ? kind : { ...kind, isUnwritable: false };
}

const ofTask = (taskId: string): object => ({ _meta: { 'io.modelcontextprotocol/related-task': { taskId } } });
const questionKinds = fc.oneof(
  { arbitrary: fc.constant({ method: 'elicitation/create', params: {} }), weight: 4 },
  fc.constant({ method: 'elicitation/create', params: {}, isUnwritable: true }),
  fc.constant({ method: 'ping', params: {} }),
  sessions.map((taskId) => ({ method: 'sampling/createMessage', params: ofTask(taskId) })),
  sessions.map((elicitationId) => ({ method: 'elicitation/create', params: { elicitationId } })),
);
const newsKinds = fc.oneof(
  fc.constant({ method: 'notifications/message', params: {} }),
  fc.constant({ method: 'notifications/message', params: {}, isUnwritable: true }),
  fc.constantFrom('tools', 'prompts').map((what) => ({ method: `notifications/${what}/list_changed`, params: {} })),
  sessions.map((uri) => ({ method: 'notifications/resources/updated', params: { uri } })),
  ids.map((progressToken) => ({ method: 'notifications/progress', params: { progressToken } })),
  fc.constant({ method: 'notifications/cancelled', params: { requestId: 'never asked' } }),
  sessions.map((elicitationId) => ({ method: 'notifications/elicitation/complete', params: { elicitationId } })),
  sessions.map((taskId) => ({ method: 'notifications/tasks/status', params: { taskId } })),
);

const GARBAGE: readonly unknown[] = [
  { jsonrpc: '2.0', id: null, method: 'tools/call' },
  { jsonrpc: '2.0', id: 1.5, method: 'tools/call' },
  { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } },
  { jsonrpc: '2.0', id: 'never asked', result: {} },
];

const get = (side: Side, resumes?: Stream, isForgotten = false): void => {
  if (side.hasStreams && side.isOpen) side.connections.get(resumes, isForgotten);
};

/** Nor in one POST does a client use an id twice, unless it does not care. */
function withoutRepetition(side: Side, members: readonly ClientRequest[]): readonly ClientRequest[] {
  if (side.config.reusesIds) return members;
  const nameOf = (one: ClientRequest): string => show([side.sessionNamed(one.session), side.idFor(one)]);
  return members.filter((one, at) => members.findIndex((other) => nameOf(other) === nameOf(one)) === at);
}

/** Streams whose client can come back when it has gone. */
function resumable({ connections: { posts, standalone } }: Side): Stream[] {
  const all = standalone === undefined ? posts : [...posts, standalone];
  return all.filter((one) => one.isResumable && !one.isEnded && one.response.calls.length > 1);
}

export const steps: readonly fc.Arbitrary<Step>[] = [
  ...[1, 2, 3, 4, 5].map(() =>
    step(
      'client posts',
      fc.tuple(fc.array(clientRequests, { minLength: 1, maxLength: 3 }), maybe(which)),
      (side, [asked, within], world) => {
        // Most clients send one at a time.
        const members = asked.length === 3 ? asked : asked.slice(0, 1);
        const handler = pick(
          allRequests(world).filter(({ handler: own }) => own !== undefined),
          within,
        );
        world.onBehalfOf(handler, () => {
          side.connections.post(withoutRepetition(side, members).map((one) => incomingRequest(world, side, one)));
        });
      },
    ),
  ),
  step('client cancels', which, (side, at) => {
    const req = pick(current(side), at);
    if (req !== undefined) side.connections.post([incomingCancellation(side, req)]);
  }),
  step('client drops a POST', which, (side, at) => {
    const stream = pick(
      side.connections.posts.filter(({ isConnected }) => isConnected),
      at,
    );
    if (stream !== undefined && side.hasStreams) side.connections.disconnect(stream);
  }),
  ...[1, 2].map(() =>
    step('client opens GET', fc.constant(''), (side) => {
      get(side);
    }),
  ),
  step('client drops what is being written', which, (side, at) => {
    const busy = side.writes.filter(({ isDone }) => !isDone);
    const write = pick(busy, at);
    const { posts, standalone } = side.connections;
    const isStandalone = write?.stream === side.connections.channel;
    const stream = isStandalone ? standalone : posts.find((post) => post === write?.stream);
    if (stream !== undefined) side.connections.disconnect(stream);
  }),
  step('client closes GET', which, (side, at) => {
    const stream = pick(
      side.connections.gets.filter(({ isConnected }) => isConnected),
      at,
    );
    if (stream !== undefined) side.connections.disconnect(stream);
  }),
  step('client resumes', which, (side, at) => {
    const gone = resumable(side).filter(({ isConnected }) => !isConnected);
    const stream = pick(gone, at);
    if (stream !== undefined) get(side, stream);
  }),
  ...[1, 2, 3].map(() =>
    step('client loses its connection and resumes', fc.tuple(which, usually), (side, [at, isRemembered]) => {
      const stream = pick(resumable(side), at);
      if (stream === undefined) return;
      side.connections.disconnect(stream);
      const isPost = side.connections.postOf(stream) !== undefined;
      get(side, stream, isPost && side.isStoreSlow && !isRemembered);
    }),
  ),
  ...[1, 2].map(() =>
    step('event store answers', fc.tuple(which, usually), ({ connections }, [at, isFound]) => {
      const reading = pick(connections.store.readings, at);
      if (reading !== undefined) storeAnswers(connections, reading, isFound);
    }),
  ),
  step('client does not wait for the event store', which, ({ connections }, at) => {
    const reading = pick(connections.store.readings, at);
    if (reading !== undefined) leave(connections, reading);
  }),
  step('client answers', which, (side, at) => {
    const question = pick([...side.questions, ...side.abandoned], at);
    if (question !== undefined) side.connections.post([incomingAnswer(side, question)]);
  }),
  step('client sends garbage', fc.tuple(which, sessions), (side, [at, session]) => {
    side.connections.post([
      incomingGarbage(side, { ...(pick(side.own === undefined ? GARBAGE : GARBAGE.slice(3), at) as object) }, session),
    ]);
  }),
  ...[1, 2].map(() =>
    step(
      'server answers',
      fc.tuple(which, fc.boolean(), maybe(sessions), usually),
      (side, [at, isError, task, isWritable], world) => {
        const req = pick(current(side).filter(isInFlight), at);
        if (req !== undefined) world.answer(side, req, isError, task, !isWritable && side.own === undefined);
      },
    ),
  ),
  step('server answers again', fc.tuple(which, fc.boolean()), (side, [at, isError], world) => {
    const req = pick(current(side), at);
    if (req !== undefined && !isInFlight(req)) world.answer(side, req, isError, undefined);
  }),
  step('server sends garbage', which, (side, at, world) => {
    world.sendGarbage(side, { ...(pick(GARBAGE.slice(0, 3), at) as object) });
  }),
  ...[1, 2, 3].map(() =>
    step('server asks', fc.tuple(questionKinds, belongings), (side, [kind, belonging], world) => {
      world.ask(side, { ...writable(side, kind), ...sending(side, belonging, world) });
    }),
  ),
  ...[1, 2].map(() =>
    step('server notifies', fc.tuple(newsKinds, belongings), (side, [kind, belonging], world) => {
      world.notify(side, { ...writable(side, kind), ...sending(side, belonging, world) });
    }),
  ),
  step('server takes a question back', fc.tuple(which, belongings), (side, [at, belonging], world) => {
    const asked = [...side.outs.values()].filter(({ kind, life }) => kind === 'request' && life === side.life);
    const out = pick(asked, at);
    if (out === undefined) return;
    const params = { requestId: out.message.id };
    const session = out.session === 'unknown' ? undefined : out.session;
    world.notify(side, { method: 'notifications/cancelled', params, ...sending(side, belonging, world), session });
  }),
  step('time passes', fc.constantFrom(1, 49, 60, 500, 999, 1_001, 2_000, 10_000, 31_000), async (_, ms, world) => {
    await world.pass(ms);
  }),
  step('writes become', fc.constantFrom('slow', 'fast'), (side, speed) => {
    side.isSlow = speed === 'slow' && side.own === undefined;
  }),
  ...[1, 2].map(() =>
    step('a write ends', fc.tuple(which, usually), (side, [at, isWell]) => {
      const write = pick(
        side.writes.filter(({ isDone }) => !isDone),
        at,
      );
      write?.finish?.(isWell ? undefined : new Error('the write fails'));
    }),
  ),
  step('the next write', fc.constantFrom<'rejects' | 'throws'>('rejects', 'throws'), (side, how) => {
    if (side.own === undefined) side.failsNext = how;
  }),
  step('close', fc.boolean(), async (side, byItself) => {
    if (byItself && side.own !== undefined) side.own.closesByItself();
    else if (byItself) side.end();
    else await side.transport.close();
  }),
  step('start', fc.constant(''), async (side) => {
    side.begin();
    // Ours is started once.
    if (side.own === undefined) await side.transport.start();
  }),
];
