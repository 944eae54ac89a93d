/** Nodes that are replaced one after the other, as in an update of a deployment, while clients call. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Message, StrictClient } from '../../../examples/lib/strict-client.js';
import { IS_LONG } from '../../faults/long.js';
import { answersOf } from '../../support/stage.js';
import { HAS_REDIS, redisNote } from '../redis.js';
import { openStage, ownerIdOf, type FaultNode, type FaultStage } from './stage.js';

const FOR_MS = IS_LONG ? 300_000 : 6_000;
const EVERY_MS = 2_000;
/** How long a load balancer takes to notice that a node drains. */
const NOTICE_MS = 200;
const CLIENTS = 6;
const MIN_DRAINED = 3;
/** Of each client between two calls. In the short form, other tests need the processor, too. */
const PAUSE_MS = IS_LONG ? 0 : 25;
/** The default of the command. Nothing here waits for it to run out, and a busy machine may stop a node for longer than a short one. */
const OPTIONS = { leaseMs: 3_000, lingerMs: 2 * NOTICE_MS };

/** What became of all calls. */
interface Tally {
  answered: number;
  /** Sessions whose node was drained, by what told so. */
  unknown: number;
  closing: number;
  /** Whatever else happened. */
  readonly lost: string[];
}

/** Sends each request to the next node that it takes for alive. */
class Balancer {
  #sent = 0;

  constructor(readonly nodes: FaultNode[]) {}

  readonly next = (): FaultNode => {
    const node = this.nodes[this.#sent++ % this.nodes.length];
    if (node === undefined) throw new Error('no node is left');
    return node;
  };
}

/** Starts a node, and has the oldest one end, over and over, until this time and at least so often. */
async function roll(stage: FaultStage, balancer: Balancer, until: number): Promise<ReadonlySet<string>> {
  const drained = new Set<string>();
  while (performance.now() < until || drained.size < MIN_DRAINED) {
    balancer.nodes.push(await stage.startNode(OPTIONS));
    await setTimeout(EVERY_MS);
    const [oldest] = balancer.nodes;
    if (oldest === undefined) throw new Error('no node is left');
    drained.add((await oldest.report()).cluster.node);
    oldest.signal('SIGTERM');
    await setTimeout(NOTICE_MS);
    balancer.nodes.shift();
    expect(await oldest.exit()).toBe(0);
  }
  return drained;
}

async function opened(stage: FaultStage, balancer: Balancer): Promise<StrictClient> {
  for (;;) {
    const client = stage.client(balancer.next, { answers: answersOf('ann') });
    const { error } = await client.initialize();
    if (error === undefined) return client;
  }
}

/** Makes one call after the other. One that did not run is repeated in a new session, as the specification tells. */
async function call(name: string, { stage, balancer, isOver, tally, gone }: Readonly<Use>): Promise<void> {
  let client = await opened(stage, balancer);
  for (let at = 0; !isOver(); at++) {
    await setTimeout(PAUSE_MS);
    const key = `${name} ${at}`;
    const tool = at % 3 === 0 ? 'ask' : 'count';
    const args = at % 3 === 1 ? { key, ms: 50 } : { key };
    for (let isDone = false; !isDone;) {
      const outcome = await attempt(client, tool, args);
      isDone = outcome !== 'unknown' && outcome !== 'closing';
      if (outcome === 'answered') tally.answered += 1;
      else if (outcome !== 'unknown' && outcome !== 'closing') tally.lost.push(`${key}: ${outcome}`);
      else {
        tally[outcome] += 1;
        gone.add(ownerIdOf(client));
        client = await opened(stage, balancer);
      }
    }
  }
}

interface Use {
  readonly stage: FaultStage;
  readonly balancer: Balancer;
  readonly isOver: () => boolean;
  readonly tally: Tally;
  /** The nodes whose sessions were not found. */
  readonly gone: Set<string>;
}

async function attempt(client: StrictClient, name: string, args: { readonly key: string }): Promise<string> {
  const sent = client.start('tools/call', { name, arguments: args });
  try {
    const { status, ended } = await sent.exchange;
    if (status === 404) return 'unknown';
    const streamEnded = ended.then((): Message => ({ error: { code: 0, message: 'the stream has no answer' } }));
    const answer = await Promise.race([sent.response, streamEnded]);
    if (answer.error?.message.includes('is shutting down') === true) return 'closing';
    if (answer.error !== undefined) return answer.error.message;
    return JSON.stringify(answer.result).includes(args.key) ? 'answered' : 'it is the answer of another';
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

describe.runIf(HAS_REDIS)(`nodes that are replaced every few seconds under load${redisNote}`, () => {
  it(
    'lose no answer, give none twice, and forget only the sessions of those that have ended',
    { timeout: FOR_MS + 60_000 },
    async () => {
      const stage = await openStage(OPTIONS);
      const balancer = new Balancer([...stage.nodes]);
      const until = performance.now() + FOR_MS;
      const tally: Tally = { answered: 0, unknown: 0, closing: 0, lost: [] };
      const gone = new Set<string>();
      let hasRolled = false;
      const rolling = roll(stage, balancer, until).finally(() => (hasRolled = true));
      const use: Use = { stage, balancer, isOver: () => hasRolled, tally, gone };
      await Promise.all(Array.from({ length: CLIENTS }, async (_, at) => call(`client ${at}`, use)));
      const drained = await rolling;
      if (IS_LONG) console.log(JSON.stringify({ ...tally, drained: drained.size }));
      expect(tally.lost).toEqual([]);
      expect([...gone].filter((node) => !drained.has(node))).toEqual([]);
      expect(drained.size).toBeGreaterThanOrEqual(MIN_DRAINED);
      // Each call that was answered has run once.
      expect(stage.runs().size).toBe(tally.answered);
    },
  );
});
