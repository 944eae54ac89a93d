/** A question has evidence when it leaves, and an outcome when it is over. One series has both. */
import { expect, test } from 'vitest';
import type { Answered, ProxyEvent, Routed } from '../../src/proxy-events.js';
import { metricsOf } from '../../src/cli/metrics/metrics.js';
import { seriesIn } from '../support/exposition.js';
import { collectGarbage } from '../support/gc.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

interface Which {
  readonly session?: string;
  readonly id?: string | number;
}

function route(
  evidence: Routed['evidence'],
  outcome: Routed['outcome'],
  { session = 'one', id = 1 }: Which = {},
): Routed {
  return {
    kind: 'route',
    at: 0,
    session,
    client: undefined,
    id,
    method: 'roots/list',
    call: undefined,
    to: 'request',
    evidence,
    outcome,
    error: undefined,
    waitedMs: 0,
  };
}

function answer(by: Answered['by'], outcome: Answered['outcome'], { session = 'one', id = 1 }: Which = {}): Answered {
  return {
    kind: 'answer',
    at: 0,
    session,
    client: undefined,
    id,
    method: 'roots/list',
    target: undefined,
    by,
    outcome,
    error: undefined,
    durationMs: 0,
    message: undefined,
  };
}

/** The same events, with each question before the first that is told of its way. */
function withQuestions(events: readonly ProxyEvent[]): ProxyEvent[] {
  const open = new Set<string>();
  return events.flatMap((event): ProxyEvent[] => {
    if (event.kind === 'session-ended') open.clear();
    if (event.kind !== 'route' && event.kind !== 'answer') return [event];
    const { at, session, client, id = '', method } = event;
    const name = JSON.stringify([session, id]);
    if (event.kind === 'answer') open.delete(name);
    if (event.kind === 'answer' || open.has(name)) return [event];
    open.add(name);
    return [{ kind: 'question', at, session, client, id, method, target: undefined, message: {} }, event];
  });
}

async function counted(...events: readonly ProxyEvent[]): Promise<readonly string[]> {
  const { registry, count } = metricsOf({ snapshot: () => NOTHING_OPEN, open: () => [], cluster: undefined });
  for (const event of withQuestions(events)) count(event);
  return seriesIn(await registry.metrics())
    .filter(({ name }) => name === 'mcp_backchannel_questions_total')
    .map(({ labels, value }) => `${labels['evidence']} ${labels['outcome']} ${value}`)
    .sort();
}

test.each([
  { why: 'was answered', events: [route('sole', 'delivered'), answer('client', 'accept')], as: 'sole accept 1' },
  {
    why: 'was taken back',
    events: [route('sole', 'delivered'), answer('backend', 'taken-back')],
    as: 'sole taken-back 1',
  },
  {
    why: 'waited for a stream',
    events: [route(undefined, 'parked'), route('context', 'delivered'), answer('client', 'result')],
    as: 'context result 1',
  },
  {
    why: 'waited in vain',
    events: [route(undefined, 'parked'), route(undefined, 'refused'), answer('proxy', 'error')],
    as: 'none refused 1',
  },
  { why: 'could not be written', events: [route('sole', 'failed'), answer('proxy', 'error')], as: 'sole refused 1' },
  { why: 'had no route', events: [answer('proxy', 'error')], as: 'none refused 1' },
  {
    why: 'lost its client',
    events: [route('sole', 'delivered'), route(undefined, 'orphaned'), answer('proxy', 'error')],
    as: 'sole lost 1',
  },
  { why: 'outlived its session', events: [route('sole', 'delivered'), answer('proxy', 'error')], as: 'sole lost 1' },
])('a question that $why is $as', async ({ events, as }) => {
  expect(await counted(...events)).toEqual([as]);
});

test('questions of the same id in two sessions, or of ids that look alike, are not mixed up', async () => {
  const others = [{ session: 'two' }, { id: '1' }];
  const events = [route('sole', 'delivered'), ...others.map((which) => route('context', 'delivered', which))];
  const answers = [answer('client', 'accept'), ...others.map((which) => answer('client', 'decline', which))];
  expect(await counted(...events, ...answers)).toEqual(['context decline 2', 'sole accept 1']);
});

test('evidence is forgotten with the question, and with the session', async () => {
  const ended = { kind: 'session-ended', at: 0, session: 'one', client: undefined } as const;
  const events = [
    route('sole', 'delivered'),
    answer('client', 'accept'),
    answer('client', 'accept'),
    route('sole', 'delivered'),
    { ...ended, reason: '', by: 'idle', durationMs: 0 } as const,
    answer('client', 'decline'),
  ];
  expect(await counted(...events)).toEqual(['none accept 1', 'none decline 1', 'sole accept 1']);
});

test('what is told of questions that are over does not pile up in a session without end', async () => {
  const { count } = metricsOf({ snapshot: () => NOTHING_OPEN, open: () => [], cluster: undefined });
  const tell = (from: number): void => {
    for (let id = from; id < from + 100_000; id++) count(route('sole', 'refused', { id }));
  };
  tell(0);
  const before = await collectGarbage();
  tell(100_000);
  // Each would take some 100 bytes.
  expect((await collectGarbage()) - before).toBeLessThan(2_000_000);
  count(answer('client', 'accept'));
});
