/**
 * Drives the command with a random mix of traffic for a given time. Checks that no message is lost or goes to the wrong
 * client, that nothing hangs, and that nothing is left in memory.
 *
 *     npm run soak [-- --minutes 10] [--rate 2500] [--seed 1] [--out file]
 *
 * A run of ten minutes and a million messages is kept in `docs/results/soak.json`. A shorter run is kept only where
 * `--out` says.
 *
 * Two commands run: one in front of a backend over Streamable HTTP, one in front of a backend over stdio. Clients come
 * and go, call, ask, leave, cancel, and open and drop their standalone streams. The backends do what clients tell them
 * to. Each message that a backend starts carries a serial with the name of its session.
 *
 * This balance must be exact for each command. The right side is from its `/metrics`:
 *
 *     sent by the backends = delivered + refused + failed + superseded
 *
 * - **sent** is the number that the backends report. A session is asked for it once it has *settled*: its calls are
 *   over, and a ping behind the last message of each stream is answered or refused. Then the proxy has everything that
 *   was sent.
 * - **delivered** means written to a stream. If a client drops the connection at that moment, nobody can know whether
 *   it has read the message. So the checks differ. A client that drops nothing must receive every message of its calls,
 *   exactly once and in order; if it holds the standalone stream, every message of its session. A client that drops
 *   connections must receive nothing twice, and nothing that was not sent.
 * - **refused**, **failed** and **superseded** messages are reported: a question as an error to the backend, any other
 *   message as a line in the log.
 *
 * The heap of each command is measured after a garbage collection. A line through the measurements after the warm-up
 * must not rise.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { environment } from '../lib/environment.js';
import { Pace } from './lib/pace.js';
import { populate } from './lib/population.js';
import { Random } from '../lib/random.js';
import { ended, measure, metricsOf, startTargets, type Routes, type Target } from './lib/target.js';
import { faultsOf, growthOf, imbalances, isLong, leaks, MAX_RISE_BYTES, sentBy } from './lib/verdict.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '2500' },
    seed: { type: 'string' },
    out: { type: 'string' },
  },
});
const minutes = positive('minutes', values.minutes);
const rate = positive('rate', values.rate);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : positive('seed', values.seed);

/** Sessions at a time, and how long they last. */
const POPULATION = {
  http: { size: 16, stayMs: [2_000, 30_000] },
  // A process each.
  stdio: { size: 6, stayMs: [10_000, 60_000] },
} as const;

/** How long what the last clients have left may take to be counted. */
const AFTERMATH_MS = 10_000;
const MAX_EVIDENCE = 50;

// What is tested, before it may change under the run.
const measured = environment(['src', 'suites/soak', 'examples/lib', 'package.json']);
const faults: string[] = [];
const routes = new Map<Target, Routes>();
const targets = await startTargets();
const started = performance.now();
const deadline = started + minutes * 60_000;
/** A command is gone: there is nothing left to visit. */
let isBroken = false;
const isOver = (): boolean => isBroken || performance.now() >= deadline || faults.length >= MAX_EVIDENCE;
const seconds = (): number => (performance.now() - started) / 1_000;
console.log(`seed ${seed}, ${minutes} minutes, at most ${rate} messages a second`);

const random = new Random(seed);
const pace = new Pace(rate);
const watching = new AbortController();
const watched = watch(watching.signal).catch((error: unknown) => {
  isBroken = true;
  faults.push(String(error));
});
const counts = await Promise.all(targets.map((target) => drive(target, random.fork())));
const duration = seconds();
watching.abort();
await watched;
for (const target of targets) await judge(target);
await Promise.all(targets.map(async ({ stop }) => stop()));
for (const { name, proxy } of targets)
  if (proxy.exitCode !== 0) faults.push(`${name}: the command ended with ${String(proxy.exitCode)}`);
await conclude();

interface Count {
  sessions: number;
  sent: number;
  received: number;
  questions: Record<string, number>;
}

async function drive(target: Target, own: Random): Promise<Count> {
  const count: Count = { sessions: 0, sent: 0, received: 0, questions: {} };
  await populate({
    target,
    random: own,
    pace,
    ...POPULATION[target.name],
    isOver,
    visited(session) {
      count.sessions++;
      count.sent += sentBy(session.tally);
      count.received += session.receipts.total;
      for (const outcomes of Object.values(session.tally.questions))
        for (const [outcome, number] of Object.entries(outcomes))
          count.questions[outcome] = (count.questions[outcome] ?? 0) + number;
      faults.push(...faultsOf(session));
    },
    broke: (what) => faults.push(what),
  });
  return count;
}

/** Measures the heap, and shows that it goes on. */
async function watch(signal: AbortSignal): Promise<void> {
  const pause = Math.min(5_000, (minutes * 60_000) / 20);
  for (let turn = 1; ; turn++) {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    for (const target of targets) await measure(target, seconds());
    if (signal.aborted) return;
    if (turn % 12 !== 0) continue;
    const ends = await Promise.all(targets.map(async (target) => ended((await metricsOf(target)).routes)));
    const heaps = targets.map(({ heap }) => `${((heap.at(-1)?.bytes ?? 0) / 1e6).toFixed(1)} MB`);
    console.log(
      `${seconds().toFixed(0)} s: ${ends.join(' + ')} messages, heaps ${heaps.join(', ')}, ${faults.length} faults`,
    );
  }
}

/** What the last clients have left is still being counted: waits until it is, but not for ever. */
async function judge(target: Target): Promise<void> {
  const { sent, received } = counts[targets.indexOf(target)] ?? { sent: 0, received: 0 };
  const end = performance.now() + AFTERMATH_MS;
  for (;;) {
    const metrics = await metricsOf(target).catch(() => undefined);
    if (metrics === undefined) return void faults.push(`${target.name}: the command tells no metrics any more`);
    routes.set(target, metrics.routes);
    const found = imbalances(target.name, sent, received, metrics);
    if (found.length === 0) break;
    if (performance.now() > end) {
      faults.push(...found, ...target.proxy.lines.slice(-20));
      break;
    }
    await sleep(100);
  }
  faults.push(...leaks(target.name, growthOf(target.heap)));
}

async function conclude(): Promise<void> {
  const messages = counts.reduce((sum, { sent }) => sum + sent, 0);
  const commands = targets.map((target, index) => ({
    upstream: target.name,
    ...counts[index],
    routes: routes.get(target),
    heap: growthOf(target.heap),
  }));
  const result = {
    ...{ ...measured, seed, minutes, rate, seconds: Math.round(duration), messages },
    messagesPerSecond: Math.round(messages / duration),
    ...{ maxHeapRiseBytes: MAX_RISE_BYTES, commands, faults: faults.slice(0, MAX_EVIDENCE) },
  };
  const out = values.out ?? (isLong(minutes, messages) ? 'docs/results/soak.json' : undefined);
  if (out === undefined) console.log('a short run, which is not kept: --out keeps it');
  else await write(resolve(out), result);
  for (const { upstream, sessions, sent, received, routes: ends, heap, questions } of commands) {
    console.log(`${upstream}: ${String(sessions)} sessions, ${String(sent)} sent, ${String(received)} received`);
    console.log(`  routes ${JSON.stringify(ends)}, questions ${JSON.stringify(questions)}`);
    const verdict = heap.isJudged ? `${MAX_RISE_BYTES} allowed` : 'too short to be judged';
    console.log(`  heap ${heap.bytesPerMinute} bytes a minute: ${heap.riseBytes} in ${heap.seconds} s, ${verdict}`);
  }
  console.log(
    `${messages} messages in ${duration.toFixed(0)} s, ${result.messagesPerSecond} a second: ${faults.length} faults`,
  );
  for (const fault of faults.slice(0, MAX_EVIDENCE)) console.log(`  ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function write(file: string, result: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new TypeError(`--${name} must be a number above 0, not '${value}'`);
  return number;
}
