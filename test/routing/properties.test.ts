/** What must hold after any sequence of events, checked against simple models. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InFlight } from '../../src/routing/ledger.js';
import type { RequestId } from '../../src/routing/message.js';
import { Arrivals, type Linked } from '../../src/routing/arrivals.js';
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
import { newLedger, NO_HINTS } from '../support/verdict.js';

class Element implements Linked<Element> {
  older: Element | undefined = undefined;
  newer: Element | undefined = undefined;
}

test('Arrivals know the newest of what is in, like an array that is searched', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { nil: 'add' as const })), (steps) => {
      const arrivals = new Arrivals<Element>();
      const model: Element[] = [];
      for (const step of steps) {
        if (step === 'add') {
          const element = new Element();
          arrivals.add(element);
          model.push(element);
        } else if (model.length > 0) {
          const [element] = model.splice(step % model.length, 1);
          if (element) arrivals.remove(element);
          expect([element?.older, element?.newer]).toEqual([undefined, undefined]);
        }
        expect(arrivals.size).toBe(model.length);
        expect(arrivals.newest).toBe(model.at(-1));
        expect(arrivals.oldestFirst()).toEqual(model);
      }
    }),
  );
});

const ids = fc.constantFrom<RequestId>(0, 1, '', '0', '1', '__proto__');
const methods = fc.constantFrom('tools/call', 'tools/list', 'initialize', 'tasks/result', 'tasks/get', 'ping');
const tokens = fc.option(ids, { nil: undefined });
const taskIds = fc.constantFrom('a', 'b');
const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('receive' as const), id: ids, method: methods, token: tokens, taskId: taskIds }),
    fc.record({ kind: fc.constant('answer' as const), id: ids, taskId: fc.option(taskIds, { nil: undefined }) }),
    fc.record({ kind: fc.constant('cancel' as const), id: ids }),
    fc.record({ kind: fc.constant('ask' as const), id: ids, on: ids }),
    fc.record({ kind: fc.constant('told' as const), id: ids }),
  ),
  { maxLength: 40 },
);

type Event = (typeof events extends fc.Arbitrary<infer E> ? E : never) extends (infer O)[] ? O : never;

/** Plays an event; `all` collects every request there ever was. */
function play(ledger: ReturnType<typeof newLedger>, all: InFlight[], event: Event): void {
  switch (event.kind) {
    case 'receive': {
      const { id, method, token, taskId } = event;
      all.push(ledger.receive(request(id, method, { ...wantsProgress(token), taskId })).entry);
      break;
    }
    case 'answer':
      ledger.answer(answer(event.id, event.taskId === undefined ? {} : { task: { taskId: event.taskId } }));
      break;
    case 'cancel':
      ledger.cancel(event.id);
      break;
    case 'ask':
      ledger.exchanges.open(elicit(event.id, { elicitationId: String(event.on) }), ledger.get(event.on), 0);
      break;
    case 'told':
      ledger.exchanges.close(event.id);
      break;
  }
}

/** The very same objects, in the same order. */
function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

test('the ledger holds what a Map would hold, and its newest candidate is the last one in', () => {
  fc.assert(
    fc.property(events, (sequence) => {
      const ledger = newLedger();
      const all: InFlight[] = [];
      const model = new Map<RequestId, InFlight>();
      /** The last of each id, if it was cancelled and is not answered. */
      const cancelledOnes = new Map<RequestId, InFlight>();
      for (const event of sequence) {
        play(ledger, all, event);
        if (event.kind === 'receive' || event.kind === 'answer') cancelledOnes.delete(event.id);
        if (event.kind === 'cancel') {
          const entry = model.get(event.id);
          if (entry) cancelledOnes.set(event.id, entry);
        }
        if (event.kind === 'receive') {
          model.delete(event.id);
          const newest = all.at(-1);
          if (newest) model.set(event.id, newest);
        }
        if (event.kind === 'answer' || event.kind === 'cancel') model.delete(event.id);

        const held = [...model.values()];
        expect(areSame([...ledger.entries()], held)).toBe(true);
        expect(all.filter(({ state }) => state === 'in-flight')).toHaveLength(held.length);
        const ranked = (rank: string): InFlight[] => held.filter((entry) => entry.rank === rank);
        const candidates = ranked('first').length > 0 ? ranked('first') : ranked('second');
        expect(ledger.newestCandidate).toBe(candidates.at(-1));
        const left = [...cancelledOnes.values()];
        expect(ledger.hasUnanswered).toBe(left.length > 0);
        const asking = (rank: string): number => left.filter((entry) => entry.rank === rank).length;
        const first = ranked('first').length + asking('first');
        const second = ranked('second').length + asking('second');
        const isFirstAside = first > 0 && ranked('first').length === 0;
        expect(ledger.candidateCount).toBe(isFirstAside ? first + second : first || second);
      }
      ledger.clear();
      expect(ledger.isEmpty).toBe(true);
      expect(all.some(({ state }) => state === 'in-flight')).toBe(false);
    }),
  );
});

const messages = fc.oneof(
  ids.map((id) => elicit(id)),
  taskIds.map((taskId) => elicit(9, ofTask(taskId))),
  ids.map((token) => progress(token)),
  ids.map((id) => cancelled(id)),
  ids.map((id) => notification('notifications/elicitation/complete', { elicitationId: String(id) })),
);

test('no route ever names a request that is over, and an explicit id in flight is always kept', () => {
  fc.assert(
    fc.property(events, messages, tokens, fc.nat(), fc.boolean(), (sequence, message, explicit, which, reject) => {
      const ledger = newLedger();
      const all: InFlight[] = [];
      for (const event of sequence) play(ledger, all, event);
      const context = all[which % Math.max(all.length, 1)];
      const ambiguous = reject ? 'reject' : 'last-inbound';

      const chosen = route(
        message,
        ledger,
        { ...NO_HINTS, explicit, context, ambiguous },
        { standalone: 'unknown', requests: 'open' },
      );

      const named = explicit === undefined ? undefined : ledger.get(explicit);
      if (named) expect(chosen.to === 'request' && chosen.entry === named && chosen.evidence).toBe('explicit');
      if (chosen.to !== 'request') return;
      if (message.method === 'notifications/cancelled' && chosen.evidence === 'same-exchange') {
        expect(chosen.entry.state).not.toBe('answered');
      } else {
        expect(ledger.get(chosen.entry.id)).toBe(chosen.entry);
      }
    }),
    { numRuns: 500 },
  );
});
