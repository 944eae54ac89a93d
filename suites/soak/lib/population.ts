import { Client } from './client.js';
import type { Pace } from './pace.js';
import type { Random } from '../../lib/random.js';
import type { Target } from './target.js';
import type { Visited } from './verdict.js';
import { hold, TEMPERS, visit, type Temper } from './visit.js';

export interface PopulationOptions {
  readonly target: Target;
  readonly random: Random;
  readonly pace: Pace;
  /** Sessions at a time. */
  readonly size: number;
  /** How long a session lasts, but for the first few, which last to the end. */
  readonly stayMs: readonly [least: number, most: number];
  readonly isOver: () => boolean;
  readonly visited: (visited: Visited) => void;
  /** A session came to no end that can be judged. */
  readonly broke: (what: string) => void;
}

/** So many of the first sessions last to the end. Not one that is flighty: what it has left, the SDK keeps for it. */
const RESIDENTS: readonly Temper[] = ['steady', 'postOnly', 'late'];

/** Clients come and go until it is over. Resolves when all have left. */
export async function populate(options: PopulationOptions): Promise<void> {
  const { target, size, random, isOver, broke } = options;
  let sessions = 0;
  await Promise.all(
    Array.from({ length: size }, async () => {
      const own = random.fork();
      do {
        const tag = `${target.name}-${++sessions}`;
        const resident = RESIDENTS[sessions - 1];
        const temper = resident ?? own.pick([...TEMPERS, 'flighty']);
        const stay = resident === undefined ? own.between(...options.stayMs) : Number.POSITIVE_INFINITY;
        try {
          await session(options, tag, temper, own.fork(), performance.now() + stay);
        } catch (error) {
          broke(`${tag} (${temper}): ${error instanceof Error ? error.message : String(error)}`);
        }
      } while (!isOver());
    }),
  );
}

async function session(
  { target, pace, isOver, visited }: PopulationOptions,
  tag: string,
  temper: Temper,
  random: Random,
  until: number,
): Promise<void> {
  const isFlighty = temper === 'flighty';
  const client = new Client(tag, target.url, temper === 'steady', () => !isFlighty || random.chance(0.8));
  await client.open();
  await visit({ client, temper, random, pace, isOver: () => isOver() || performance.now() > until });
  const held = random.chance(0.3) ? await hold(client) : undefined;
  const tally = await client.settle();
  await client.leave();
  if (held !== undefined && !isFlighty && (await held.answer) === undefined)
    client.faults.push(`${tag}: the call that was in flight at the end was not answered`);
  visited({ tag, temper, tally, receipts: client.receipts, faults: client.faults });
}
