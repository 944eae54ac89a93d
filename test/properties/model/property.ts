/** The property: whatever happens, in whatever order, the contract holds. */
import fc from 'fast-check';
import { commandOf } from '../../support/replay.js';
import { steps } from './commands.js';
import { configurations, ownConfigurations, type Configuration } from './configuration.js';
import { receiveAtServer } from './inbound.js';
import { receiveAtInner } from './leaving.js';
import { Broken } from './records.js';
import { World } from './world.js';

/**
 * What a run is to be like: `PROPERTY_SEED` and `PROPERTY_RUNS` say it from outside, `PROPERTY_OWN=1` is for our own transport, and `PROPERTY_PATH` with
 * `PROPERTY_REPLAY` which one sequence to run: a failure prints the command with them all.
 */
export interface Run {
  readonly seed: number;
  readonly runs: number;
  /** Where in the shrinking of an earlier run to go on: it is printed with the counter-example. */
  readonly path: string | undefined;
  /** Which of its steps were left: printed at the end of the counter-example. */
  readonly replayPath: string | undefined;
  /** Our own transport, in the place of the wrapper and a transport inside. */
  readonly isOfOwn: boolean;
}

export function runFrom(environment: NodeJS.ProcessEnv, runs: number): Run {
  const { PROPERTY_SEED: seed, PROPERTY_RUNS: asked, PROPERTY_PATH: path, PROPERTY_REPLAY: replayPath } = environment;
  return {
    seed: seed === undefined ? Date.now() % 2 ** 31 : Number(seed),
    runs: Number(asked ?? runs),
    path,
    replayPath,
    isOfOwn: environment['PROPERTY_OWN'] === '1',
  };
}

/**
 * Searches for a sequence of steps that breaks the contract, and shrinks the first one that does, to the shortest that
 * breaks the same line. @throws with that sequence, and the command that runs it again
 */
export async function search(run: Run): Promise<void> {
  const { seed, runs, path, replayPath, isOfOwn } = run;
  const either = isOfOwn ? ownConfigurations : configurations;
  if (path?.includes(':') === true && replayPath === undefined) {
    throw new TypeError('PROPERTY_PATH of a sequence that was shrunk needs PROPERTY_REPLAY: both are printed with it');
  }
  const commands = fc.commands([...steps], {
    maxCommands: 40,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  let first: string | undefined;
  const property = fc.asyncProperty(either, either, commands, async (a, b, sequence) => {
    const world = new World(a, b, { receiveAtServer, receiveAtInner });
    try {
      await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
      await world.end();
    } catch (error) {
      // A shorter sequence that breaks another line says less of what was wrong than a longer one that breaks this.
      first ??= lineOf(error);
      if (lineOf(error) === first) throw error;
    } finally {
      await world.dispose();
    }
  });
  // What has been shrunk need not be shrunk again.
  const only = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(property, { seed, numRuns: runs, includeErrorInReport: true, ...only });
  if (details.failed) throw new Error(failureOf(details, isOfOwn), { cause: details.errorInstance });
}

/** What is broken, by which steps, and the command that runs them again. */
function failureOf<T extends [Configuration, Configuration, Iterable<unknown>]>(
  details: fc.RunDetails<T>,
  isOfOwn: boolean,
): string {
  const { seed, counterexamplePath, counterexample } = details;
  const [, replay] = /replayPath="([^"]*)"/.exec(fc.stringify(counterexample?.[2])) ?? [];
  const variables = {
    PROPERTY_SEED: seed,
    ...(isOfOwn && { PROPERTY_OWN: 1 }),
    ...(counterexamplePath !== null && { PROPERTY_PATH: counterexamplePath }),
    ...(replay !== undefined && { PROPERTY_REPLAY: replay }),
  };
  return `${fc.defaultReportMessage(details) ?? 'failed'}\n\nAgain: ${commandOf(variables, ['npm', 'run', 'properties'])}`;
}

/** The line of the contract that is broken; of any other error, what it says. */
function lineOf(error: unknown): string {
  return error instanceof Broken ? error.line : String(error);
}
