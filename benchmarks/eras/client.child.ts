/** The client, in a process of its own: runs the batches it is told to. */
import type { BatchTimes } from '../http/workloads.js';
import { callerOf, type Caller } from './caller.js';
import type { Batch, Era } from './contestants.js';

/** By the port that they call. */
const callers = new Map<number, Caller[]>();

process.on('message', (batch: Batch) => {
  run(batch).then(
    (times) => process.send?.(times),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());

async function run({ port, era, workload, concurrency, calls }: Batch): Promise<BatchTimes> {
  const connected = await callersOf(port, era, concurrency);
  const latenciesMs: number[] = [];
  let left = calls;
  const start = performance.now();
  await Promise.all(
    connected.map(async (caller) => {
      while (left-- > 0) {
        const before = performance.now();
        await caller.call(workload);
        latenciesMs.push(performance.now() - before);
      }
    }),
  );
  return { wallMs: performance.now() - start, latenciesMs };
}

async function callersOf(port: number, era: Era, concurrency: number): Promise<Caller[]> {
  const known = callers.get(port) ?? [];
  callers.set(port, known);
  while (known.length < concurrency) known.push(await callerOf(era, port));
  return known.slice(0, concurrency);
}
