/** What a run of the tests says of a mutant. */
import type { VitestRun } from '../../../suites/lib/vitest.js';

/** By what a mutant was caught: a test that fails says what is broken, the other two only that something is. */
export interface Catch {
  readonly how: 'a test fails' | 'the tests do not end' | 'an error outside of any test';
  readonly caughtBy: string;
}

/**
 * @param suite names the tests that ran
 * @param folder is left out of the names of their files
 * @throws where tests could not be run at all: that is no catch, but a mutant that is no program
 */
export function verdictOf({ passed, isOver, report }: VitestRun, suite: string, folder: string): Catch | undefined {
  if (passed) return undefined;
  if (!isOver) return { how: 'the tests do not end', caughtBy: suite };
  if (report === undefined) throw new Error(`${suite}: vitest does not run`);
  const files = report.testResults.map((file) => ({ ...file, where: file.name.replace(`${folder}/`, '') }));
  for (const { where, assertionResults } of files) {
    const test = assertionResults.find(({ status }) => status === 'failed');
    if (test === undefined) continue;
    const [broken] = /Broken: [^:\n]*/.exec(test.failureMessages.join('\n')) ?? [];
    return { how: 'a test fails', caughtBy: `${where}: ${broken?.replace('Broken: ', '') ?? test.title}` };
  }
  const unable = files.find(({ status }) => status === 'failed');
  if (unable !== undefined) throw new Error(`${unable.where}: it does not run`);
  return { how: 'an error outside of any test', caughtBy: suite };
}
