/** The random behaviour of clients. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.js';
import type { Pace } from './pace.js';
import type { Random } from '../../lib/random.js';
import type { Kind, Question, Script, Step } from './script.js';

/**
 * - `steady`: holds its standalone stream from first to last. It must receive everything.
 * - `postOnly`: never opens one. It must receive what belongs to its calls.
 * - `late`: opens it at some time, and keeps it.
 * - `flighty`: opens and drops it, leaves calls, cancels them, leaves questions unanswered.
 */
export const TEMPERS = ['steady', 'postOnly', 'late', 'flighty'] as const;
export type Temper = (typeof TEMPERS)[number];

const QUESTIONS: readonly [Question, Question, Question] = [
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
];

/** Who answers every question may be behind a long queue, on a machine that is busy. */
const PATIENCE_MS = 45_000;

export interface Visit {
  readonly client: Client;
  readonly temper: Temper;
  readonly random: Random;
  readonly pace: Pace;
  /** Whether it is time to go. */
  readonly isOver: () => boolean;
}

/** Does this and that until it is over. */
export async function visit(visit: Visit): Promise<void> {
  const { client, temper, random, isOver } = visit;
  if (temper === 'steady') await client.openGet();
  while (!isOver()) {
    if (temper === 'late' && !client.holdsGet && random.chance(0.2)) await client.openGet();
    if (temper === 'flighty' && random.chance(0.3)) {
      if (client.holdsGet) client.closeGet();
      else await client.openGet();
    }
    const atOnce = random.chance(0.2) ? random.between(2, 5) : 1;
    await Promise.all(Array.from({ length: atOnce }, async () => call(visit)));
  }
}

async function call({ client, temper, random, pace }: Visit): Promise<void> {
  const isFragile = temper === 'flighty' && random.chance(0.4);
  const script: Script = {
    steps: stepsOf(random, ['progress', 'log'], 50),
    afterwards: random.chance(0.3) ? stepsOf(random, ['log', 'news'], 5) : [],
    isFragile,
    isHeld: false,
    patienceMs: temper === 'flighty' ? 3_000 : PATIENCE_MS,
  };
  await pace.take(messagesOf(script));
  const running = client.work(script);
  if (isFragile) {
    // Whatever came first: the answer may have.
    await Promise.race([random.chance(0.7) ? running.spoken : sleep(random.between(0, 20)), running.answer]);
    if (random.chance(0.5)) {
      await client.cancel(running);
      await sleep(random.between(0, 10));
    }
    running.abort();
    return;
  }
  const answer = await running.answer;
  const text = answer?.result?.content?.[0]?.text;
  if (text !== client.tag)
    client.faults.push(`${client.tag}: request ${running.id} was answered with ${JSON.stringify(answer)}`);
}

/** Leaves a question unanswered for good. Comes back when it has arrived, with the answer to its call, which comes in the end. */
export async function hold(client: Client): Promise<{ readonly answer: Promise<unknown> }> {
  const { spoken, answer } = client.work({ steps: [], afterwards: [], isFragile: false, isHeld: true, patienceMs: 0 });
  await Promise.race([spoken, answer]);
  return { answer };
}

function stepsOf(random: Random, kinds: readonly [Kind, Kind], most: number): Step[] {
  return Array.from({ length: random.between(0, 3) }, () =>
    random.chance(0.3)
      ? { ask: random.pick(QUESTIONS), count: random.chance(0.2) ? random.between(2, 3) : 1 }
      : { say: random.pick(kinds), count: random.between(1, most) },
  );
}

function messagesOf({ steps, afterwards }: Script): number {
  return [...steps, ...afterwards].reduce((sum, { count }) => sum + count, 0);
}
