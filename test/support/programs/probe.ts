/**
 * Preloaded into a process that a test runs: on SIGUSR2 it tells on stderr what it holds, in JSON. Timers
 * are counted where they are set, for those that keep no process alive are not among its resources.
 */
import { watchTimers } from '../watch-timers.js';

// What it runs itself needs no probe.
delete process.env['NODE_OPTIONS'];

/** Ours and the SDK's. */
const { alive: timers } = watchTimers(/\/dist\/|@modelcontextprotocol/);

let times = 0;
process.on('SIGUSR2', () => {
  // Timers and handles tell that they are gone in the next turn.
  setImmediate(() => {
    const resources = counted(process.getActiveResourcesInfo().filter((name) => !OF_NODE.has(name)));
    const { stdin, stdout, stderr } = process;
    const listeners = [process, stdin, stdout, stderr].map((emitter) =>
      Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)])),
    );
    process.stderr.write(`held ${++times} ${JSON.stringify({ resources, timers: [...timers.values()], listeners })}\n`);
  });
});

/** This very answer. */
const OF_NODE: ReadonlySet<string> = new Set(['Immediate', 'Timeout']);

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, names.filter((n) => n === name).length]));
}
