/** Latency and throughput: all are up at once, and take turns. */
import type { Client } from './client.js';
import { bounded } from './running.js';

const BLOCK_TIMEOUT_MS = 60_000;
const WARM_UP_CALLS = 30;

/** One that answers calls: a proxy, or the backend itself. */
export interface Target {
  readonly tool: string;
  /** A session that exists. */
  readonly client: Client;
  /** Processor time that it has taken. Nothing is known of the backend itself. */
  readonly cpuUs: () => number;
}

export interface Load {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly callsPerSecond: number;
  /** Of the process alone, at full load. */
  readonly cpuPerCallUs: number;
}

export async function measureLoad(
  target: Target,
  { calls, throughputMs, concurrency }: { calls: number; throughputMs: number; concurrency: number },
): Promise<Load> {
  const measure = async (): Promise<Load> => {
    await latencies(target, Math.min(calls, WARM_UP_CALLS));
    const sorted = (await latencies(target, calls)).sort((one, other) => one - other);
    return {
      p50Us: quantile(sorted, 0.5),
      p99Us: quantile(sorted, 0.99),
      ...(await throughput(target, throughputMs, concurrency)),
    };
  };
  return bounded(BLOCK_TIMEOUT_MS, measure(), 'calls');
}

/** One call after the other: until its answer is there. */
async function latencies({ client, tool }: Target, calls: number): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedAt = performance.now();
    const { answer, exchange } = client.startTool(tool, { text: 'hello' });
    const { message } = await answer;
    times.push((performance.now() - startedAt) * 1000);
    if (message.result === undefined) throw new Error(message.error?.message);
    await exchange;
  }
  return times;
}

async function throughput(
  { client, tool, cpuUs }: Target,
  forMs: number,
  concurrency: number,
): Promise<Pick<Load, 'callsPerSecond' | 'cpuPerCallUs'>> {
  const cpuBefore = cpuUs();
  const startedAt = performance.now();
  const endsAt = startedAt + forMs;
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await client.tool(tool, { text: 'hello' });
      done++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  return { callsPerSecond: done / seconds, cpuPerCallUs: (cpuUs() - cpuBefore) / done };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
