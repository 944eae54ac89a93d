/** The process of the client: runs the batches it is told to. */
import type { Batch, BatchTimes } from './batch.js';
import { open, placeOf, type Caller } from './caller.js';

const callers = new Map<string, Caller[]>();

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

async function run(batch: Batch): Promise<BatchTimes> {
  const connected = await callersFor(batch);
  const latenciesMs: number[] = [];
  let left = batch.calls;
  const start = performance.now();
  await Promise.all(
    connected.map(async (caller) => {
      while (left-- > 0) {
        const before = performance.now();
        await caller.call(batch.workload);
        latenciesMs.push(performance.now() - before);
      }
    }),
  );
  return { wallMs: performance.now() - start, latenciesMs };
}

async function callersFor(batch: Batch): Promise<Caller[]> {
  const place = placeOf(batch);
  const known = callers.get(place) ?? [];
  callers.set(place, known);
  while (known.length < batch.concurrency) known.push(await open(batch));
  return known.slice(0, batch.concurrency);
}
