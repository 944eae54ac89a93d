/**
 * The hang and its fix: the same work through the same proxy, bare and wrapped, in real processes over
 * loopback HTTP, with a client that never opens GET. Exits with 0 only if every wrapped row passed.
 */
import { BACKENDS, type Backend } from './backends.js';
import { modernPassed, runModern } from './modern.js';
import { LIMIT_MS } from './observe.js';
import { Stage, type Outcomes } from './stage.js';
import { modernTable, passed, table } from './table.js';

console.log('The same calls through the same proxy, bare and wrapped; the client opens no GET unless it says so.');
console.log(`A call without an answer after ${LIMIT_MS / 1000} s is called a hang. This takes about twenty seconds.\n`);

const [bare, wrapped] = await Promise.all([Promise.all(BACKENDS.map(runBare)), runWrapped()]);

BACKENDS.forEach((backend, index) => {
  console.log(`${table(backend, bare[index], wrapped[index])}\n`);
});
const modern = await runModern();
console.log(`${modernTable(modern)}\n`);
const ok = BACKENDS.every((backend, index) => passed(backend, wrapped[index])) && modernPassed(modern);
console.log(ok ? 'Every wrapped row passed.' : 'A wrapped row did not pass.');
process.exitCode = ok ? 0 : 1;

async function runBare(backend: Backend): Promise<Outcomes> {
  return on(await Stage.set(backend, false), async (stage) => stage.runTogether());
}

/** One backend after the other, while the bare ones hang: these times are of interest. */
async function runWrapped(): Promise<Outcomes[]> {
  const outcomes: Outcomes[] = [];
  for (const backend of BACKENDS) {
    outcomes.push(
      await on(await Stage.set(backend, true), async (stage) =>
        backend.waits === true ? stage.runTogether() : stage.runInTurn(),
      ),
    );
  }
  return outcomes;
}

async function on(stage: Stage, run: (stage: Stage) => Promise<Outcomes>): Promise<Outcomes> {
  try {
    return await run(stage);
  } finally {
    await stage.clear();
  }
}
