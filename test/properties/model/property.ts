/** The property: whatever happens, in whatever order, the contract holds. */
import fc from 'fast-check';
import { steps } from './commands.js';
import { configurations } from './configuration.js';
import { World } from './world.js';

/** What a run is to be like: `PROPERTY_SEED`, `PROPERTY_RUNS`, and `PROPERTY_PATH` with `PROPERTY_REPLAY` say it from outside. */
export interface Run {
  readonly seed: number;
  readonly runs: number;
  /** Where in the shrinking of an earlier run to go on: it is printed with the counter-example. */
  readonly path: string | undefined;
  /** Which of its steps were left: printed at the end of the counter-example. */
  readonly replayPath: string | undefined;
}

export function runFrom(environment: NodeJS.ProcessEnv, runs: number): Run {
  const { PROPERTY_SEED: seed, PROPERTY_RUNS: asked, PROPERTY_PATH: path, PROPERTY_REPLAY: replayPath } = environment;
  return {
    seed: seed === undefined ? Date.now() % 2 ** 31 : Number(seed),
    runs: Number(asked ?? runs),
    path,
    replayPath,
  };
}

/** Searches for a sequence of steps that breaks the contract. @throws the shortest one it finds */
export async function search({ seed, runs, path, replayPath }: Run): Promise<void> {
  const commands = fc.commands([...steps], {
    maxCommands: 40,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  await fc.assert(
    fc.asyncProperty(configurations, configurations, commands, async (a, b, sequence) => {
      const world = new World(a, b);
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
        await world.end();
      } finally {
        world.dispose();
      }
    }),
    { seed, numRuns: runs, ...(path !== undefined && { path }), includeErrorInReport: true },
  );
}
