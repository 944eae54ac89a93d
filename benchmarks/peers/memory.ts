/** The life of the process of a proxy: its start, and its memory with one and with many idle sessions. */
import { setTimeout } from 'node:timers/promises';
import type { Client } from './client.js';
import type { Backend, Contestant } from './contestants.js';
import { bounded, Running } from './running.js';

const SETTLE_MS = 500;
const OPEN_TIMEOUT_MS = 150_000;
/** Backends may be processes, which take their time to start. */
const OPENED_AT_ONCE = 4;

export interface Start {
  readonly firstAnswerMs: number;
  /** JavaScript heap after garbage collection, with one session. */
  readonly heapOneSessionKiB: number;
}

export interface Idle {
  readonly firstAnswerMs: number;
  readonly rssOneSessionKiB: number;
  readonly rssAllSessionsKiB: number;
  readonly rssPerSessionKiB: number;
  readonly privatePerSessionKiB: number;
  readonly heapAllSessionsKiB: number;
}

export async function measureStart(contestant: Contestant, backend: Backend): Promise<Start> {
  const { running, client } = await Running.start(contestant, backend);
  try {
    return { firstAnswerMs: running.firstAnswerMs, heapOneSessionKiB: await running.heapKiB() };
  } finally {
    client.close();
    await running.stop();
  }
}

/** In a process of its own each time, where no garbage was collected by force before memory is read. */
export async function measureIdle(contestant: Contestant, backend: Backend, sessions: number): Promise<Idle> {
  const { running, client } = await Running.start(contestant, backend);
  const { firstAnswerMs } = running;
  const clients = [client];
  try {
    client.wire.rest();
    await setTimeout(SETTLE_MS);
    const one = running.memory;
    await bounded(OPEN_TIMEOUT_MS, openMore(running, clients, sessions), 'sessions');
    for (const idle of clients) idle.wire.rest();
    await setTimeout(SETTLE_MS);
    const all = running.memory;
    return {
      firstAnswerMs,
      rssOneSessionKiB: one.rssKiB,
      rssAllSessionsKiB: all.rssKiB,
      rssPerSessionKiB: (all.rssKiB - one.rssKiB) / (sessions - 1),
      privatePerSessionKiB: (all.privateKiB - one.privateKiB) / (sessions - 1),
      heapAllSessionsKiB: await running.heapKiB(),
    };
  } finally {
    for (const open of clients) open.close();
    await running.stop();
  }
}

/** Each makes one call, and is left alone. */
async function openMore(running: Running, clients: Client[], sessions: number): Promise<void> {
  let toOpen = sessions - clients.length;
  const open = async (): Promise<void> => {
    while (toOpen-- > 0) {
      const client = await running.session();
      clients.push(client);
      await client.tool(running.tool('echo'), { text: 'hello' });
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, open));
}
