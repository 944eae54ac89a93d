/** The declarations that are published, read by projects that check them to the last (`skipLibCheck: false`). */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** What `tsc` says of a fixture, and the packages of which it has read something. */
async function check(fixture: string): Promise<{ errors: string[]; packages: Set<string> }> {
  const directory = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  const output = await run(process.execPath, [TSC, '-p', directory, '--listFiles', '--pretty', 'false']).catch(
    (failed: unknown) => failed as { stdout: string },
  );
  const lines = output.stdout.split('\n').filter((line) => line !== '');
  const isFile = (line: string): boolean => line.startsWith('/') && !line.includes(': error ');
  const names = lines.filter(isFile).map((line) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(line)?.[1]);
  return {
    errors: lines.filter((line) => !isFile(line)),
    packages: new Set(names.filter((name) => name !== undefined)),
  };
}

// Each checks every declaration of an SDK and of zod, which takes its time on a busy machine.
describe.concurrent('the published types', { timeout: 120_000 }, () => {
  it.each([
    { fixture: 'sdk1', sees: ['@modelcontextprotocol/sdk'] },
    {
      fixture: 'sdk2',
      sees: [
        '@modelcontextprotocol/client',
        '@modelcontextprotocol/core',
        '@modelcontextprotocol/node',
        '@modelcontextprotocol/server',
      ],
    },
  ])('fit every transport of $fixture, and no other SDK is in view', async ({ fixture, sees }) => {
    const { errors, packages } = await check(fixture);
    expect(errors).toEqual([]);
    const sdks = [...packages].filter((name) => name.startsWith('@modelcontextprotocol/'));
    expect(sdks.sort()).toEqual(sees);
    // What users do not have installed must not be needed.
    expect(packages).not.toContain('@types/debug');
    expect(packages).toContain('rxjs');
  });
});
