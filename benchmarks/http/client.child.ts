/** The client of the HTTP benchmark, in a process of its own: runs the batches it is told to. */
import { RawClient } from './raw-client.js';
import type { Batch, BatchTimes, Workload } from './workloads.js';

/** A session, and a second connection for what answers a question while its call is open. */
interface Caller {
  readonly calls: RawClient;
  readonly answers: RawClient;
}

/** By where they are opened, and where they call. */
const callers = new Map<string, Caller[]>();
let nextId = 1;

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

async function run({ port, opensOn = port, workload, concurrency, calls }: Batch): Promise<BatchTimes> {
  const connected = await callersOf({ port, opensOn }, concurrency);
  const latenciesMs: number[] = [];
  let left = calls;
  const start = performance.now();
  await Promise.all(
    connected.map(async (caller) => {
      while (left-- > 0) {
        const before = performance.now();
        await call(caller, workload);
        latenciesMs.push(performance.now() - before);
      }
    }),
  );
  return { wallMs: performance.now() - start, latenciesMs };
}

async function call({ calls, answers }: Caller, workload: Workload): Promise<void> {
  const id = nextId++;
  const _meta = workload === 'progress' ? { progressToken: id } : undefined;
  const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: workload, arguments: {}, _meta } };
  if (workload !== 'elicit' && workload !== 'elicit unnamed') {
    await calls.post(message);
    return;
  }
  let answered: Promise<unknown> | undefined;
  await calls.post(message, (question) => {
    answered = answers.post({ jsonrpc: '2.0', id: question, result: { action: 'accept', content: {} } });
  });
  if (answered === undefined) throw new Error('the question did not come');
  await answered;
}

async function callersOf(
  { port, opensOn }: Required<Pick<Batch, 'port' | 'opensOn'>>,
  concurrency: number,
): Promise<Caller[]> {
  const place = `${String(opensOn)} ${String(port)}`;
  const known = callers.get(place) ?? [];
  callers.set(place, known);
  while (known.length < concurrency) {
    const opened = await RawClient.begin(opensOn);
    const calls = port === opensOn ? opened : opened.sibling(port);
    known.push({ calls, answers: calls.sibling() });
  }
  return known.slice(0, concurrency);
}
