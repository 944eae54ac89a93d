/** A process of its own that holds many sessions: see scale.bench.ts. */
import { heapUsed } from '../lib/heap.js';
import { cpuMs, median } from '../lib/statistics.js';
import { LoopDelay } from './loop-delay.js';
import { Session, type ScaleVariant } from './session.js';

export interface ScaleJob {
  readonly variant: ScaleVariant;
  readonly sessions: number;
  /** Sessions that have a question open at the same time; `0`: not measured. */
  readonly open: number;
  /** Before the first pass: as many whatever the size, or sizes would differ in what the compiler has done. */
  readonly warmUpCycles: number;
  readonly passes: number;
  readonly passMs: number;
}

export interface ProcessResult {
  /** Heap of the process for each idle session, client and backend included. */
  readonly bytesPerSession: number;
  /** Processor time, client and backend included. */
  readonly usPerMessage: number | undefined;
  readonly burst: Burst | undefined;
}

/** Many sessions asked a question at once. */
export interface Burst {
  /** From the first question sent to the last one read by its client. */
  readonly deliveredMs: number;
  /** From the first question sent to the last result read by its client. */
  readonly completedMs: number;
  /**
   * The longest time that the burst holds the loop. Where everything is in memory little lets it go round, and
   * this is near the time of the whole burst, the clients and their answers included.
   */
  readonly holdsLoopMs: number;
  /** Of all delays of the loop during the same burst. Of fewer than a hundred it is the longest. */
  readonly loopDelayP99Ms: number;
  readonly heapMiB: number;
}

/** Call, question, answer and result. */
const MESSAGES_PER_CYCLE = 4;

const job = JSON.parse(process.argv[2] ?? '') as ScaleJob;
let nextId = 1;
process.send?.(await measure());

async function measure(): Promise<ProcessResult> {
  // Code and whatever is made once must not be counted.
  await Promise.all(Array.from({ length: 20 }, () => new Session(job.variant).begin()));
  const before = heapUsed();
  const sessions: Session[] = [];
  while (sessions.length < job.sessions) sessions.push(await new Session(job.variant).begin());
  // Its length is read last: the sessions must live until then.
  const bytesPerSession = (heapUsed() - before) / sessions.length;
  // Without a wrapper no question arrives.
  if (job.variant === 'bare') return { bytesPerSession, usPerMessage: undefined, burst: undefined };

  const usPerMessage = await costPerMessage(sessions);
  return { bytesPerSession, usPerMessage, burst: job.open > 0 ? await medianBurst(sessions) : undefined };
}

async function costPerMessage(sessions: readonly Session[]): Promise<number> {
  let next = 0;
  const cycle = async (): Promise<void> => {
    await sessions[next]?.cycle(nextId++);
    next = (next + 1) % sessions.length;
  };
  for (let count = 0; count < job.warmUpCycles; count++) await cycle();

  const costs: number[] = [];
  for (let pass = 0; pass < job.passes; pass++) {
    const start = cpuMs();
    let cycles = 0;
    // In batches: reading the clock has a price too.
    while (cycles === 0 || cpuMs() - start < job.passMs) {
      for (let count = 0; count < 10; count++, cycles++) await cycle();
    }
    costs.push((cpuMs() - start) / cycles / MESSAGES_PER_CYCLE);
  }
  return median(costs) * 1_000;
}

async function medianBurst(sessions: readonly Session[]): Promise<Burst> {
  const bursts: Burst[] = [];
  for (let pass = 0; pass <= job.passes; pass++) {
    // Each time others of the sessions, spread over all.
    const stride = Math.max(1, Math.floor(sessions.length / job.open));
    const chosen = sessions.filter((_, index) => index % stride === pass % stride).slice(0, job.open);
    const result = await burst(chosen);
    if (pass > 0) bursts.push(result);
  }
  const of = (figure: (burst: Burst) => number): number => median(bursts.map(figure));
  return {
    deliveredMs: of(({ deliveredMs }) => deliveredMs),
    completedMs: of(({ completedMs }) => completedMs),
    holdsLoopMs: of(({ holdsLoopMs }) => holdsLoopMs),
    loopDelayP99Ms: of(({ loopDelayP99Ms }) => loopDelayP99Ms),
    heapMiB: of(({ heapMiB }) => heapMiB),
  };
}

async function burst(sessions: readonly Session[]): Promise<Burst> {
  const calls = await Promise.all(
    sessions.map(async (session) => {
      session.backend.isHolding = true;
      const id = nextId++;
      return { session, id, call: await session.call(id) };
    }),
  );
  globalThis.gc?.();
  const delay = await LoopDelay.start();
  const start = performance.now();
  const delivered = Promise.all(calls.map(({ call }) => call.question())).then(() => performance.now());
  for (const { session } of calls) session.backend.ask();
  const deliveredAt = await delivered;
  const heapMiB = process.memoryUsage().heapUsed / 2 ** 20;
  await Promise.all(
    calls.map(async ({ session, id, call }) => {
      await session.answer(id);
      await call.result();
      session.backend.isHolding = false;
    }),
  );
  const completedAt = performance.now();
  const { maxMs, p99Ms } = await delay.stop();
  return {
    deliveredMs: deliveredAt - start,
    completedMs: completedAt - start,
    holdsLoopMs: maxMs,
    loopDelayP99Ms: p99Ms,
    heapMiB,
  };
}
