/** `route()` and its ledger, against the same rules over plain lists. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InFlight } from '../../src/routing/ledger.js';
import { scopeOf, type MethodMessage, type RequestId } from '../../src/routing/message.js';
import { route } from '../../src/routing/route.js';
import {
  answer,
  cancelled,
  elicit,
  notification,
  ofTask,
  progress,
  request,
  wantsProgress,
} from '../support/messages.js';
import { newLedger } from '../support/verdict.js';
import { answers, cancels, closes, expected, noFacts, poses, receives, type Asked } from './model/reference.js';

const ids = fc.constantFrom<RequestId>(0, 1, '', '0', '1', '__proto__');
const methods = fc.constantFrom(
  'tools/call',
  'prompts/get',
  'tools/list',
  'initialize',
  'ping',
  'tasks/result',
  'tasks/get',
);
const tasks = fc.constantFrom('a', 'b');
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });

interface Known extends Asked {
  readonly entry: InFlight;
}

type Happening = (world: World) => void;

class World {
  readonly ledger = newLedger();
  readonly facts = noFacts<Known>();

  pick(at: number): Known | undefined {
    return this.facts.requests[at % Math.max(1, this.facts.requests.length)];
  }
}

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(ids, methods, maybe(ids), tasks).map(([id, method, token, taskId]): Happening => (world) => {
      const { entry } = world.ledger.receive(request(id, method, { ...wantsProgress(token), taskId }));
      const known: Known = {
        entry,
        id,
        method,
        token,
        taskId: method === 'tasks/result' ? taskId : undefined,
        state: 'in-flight',
        lost: false,
        streaming: false,
      };
      receives(world.facts, known);
    }),
  },
  fc.tuple(ids, maybe(tasks)).map(([id, taskId]): Happening => (world) => {
    world.ledger.answer(answer(id, taskId === undefined ? {} : { task: { taskId } }));
    answers(world.facts, id, taskId);
  }),
  ids.map((id): Happening => (world) => {
    world.ledger.cancel(id);
    cancels(world.facts, id);
  }),
  fc.tuple(fc.nat(), fc.boolean()).map(([at, lost]): Happening => (world) => {
    const known = world.pick(at);
    if (known === undefined) return;
    if (lost) world.ledger.setAdrift(known.entry);
    else known.entry.isStreaming = true;
    known[lost ? 'lost' : 'streaming'] = true;
  }),
  fc.tuple(ids, maybe(fc.nat()), maybe(tasks)).map(([id, at, elicitationId]): Happening => (world) => {
    const on = at === undefined ? undefined : world.pick(at);
    // A question goes on the stream of a request that is not answered, or on none.
    const alive = on?.state === 'answered' ? undefined : on;
    const question = elicit(id, { elicitationId });
    world.ledger.exchanges.open(question, alive?.entry, 0);
    poses(world.facts, question, alive);
  }),
  ids.map((id): Happening => (world) => {
    world.ledger.exchanges.close(id);
    closes(world.facts, id);
  }),
);

const messages: fc.Arbitrary<MethodMessage> = fc.oneof(
  ids.map((id) => elicit(id)),
  ids.map((id) => request(id, 'ping')),
  tasks.map((taskId) => elicit(9, ofTask(taskId))),
  tasks.map((taskId) => notification('notifications/tasks/status', { taskId })),
  ids.map((token) => progress(token)),
  ids.map((id) => cancelled(id)),
  tasks.map((elicitationId) => notification('notifications/elicitation/complete', { elicitationId })),
  fc.constant(notification('notifications/tools/list_changed')),
);

const clues = fc.record({
  explicit: maybe(ids),
  context: maybe(fc.nat()),
  isContextSaid: fc.boolean(),
  ambiguous: fc.constantFrom('last-inbound' as const, 'reject' as const),
  late: fc.boolean(),
  standalone: fc.constantFrom('open' as const, 'closed' as const, 'assumed' as const, 'unknown' as const),
  requests: fc.constantFrom('open' as const, 'closed' as const),
});

test('decides like a reader of the rules who searches lists', () => {
  fc.assert(
    fc.property(fc.array(happenings, { maxLength: 30 }), messages, clues, (sequence, message, given) => {
      const world = new World();
      for (const happens of sequence) happens(world);
      const { explicit, isContextSaid, ambiguous, late, standalone, requests } = given;
      const scope = scopeOf(message.method);
      const context = given.context === undefined ? undefined : world.pick(given.context);

      const found = route(
        message,
        world.ledger,
        {
          explicit,
          provenance: isContextSaid ? context?.entry : undefined,
          context: context?.entry,
          scope,
          ambiguous,
          overdue: late,
        },
        { standalone, requests },
      );

      const wanted = expected(message, world.facts, {
        explicit,
        context,
        isContextSaid,
        scope,
        ambiguous,
        late,
        standalone,
        requestStreams: requests,
      });
      const word = found.to === 'nowhere' ? `refused ${found.code}` : found.to;
      if (typeof wanted === 'object') expect(found.to === 'request' && found.entry === wanted.entry).toBe(true);
      else expect(word).toBe(wanted);
    }),
    { numRuns: 4_000 },
  );
});
