import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';

let folder = '';
afterEach(async () => rm(folder, { recursive: true, force: true }));

test('a short soak finds no fault, and counts every message', { timeout: 60_000 }, async () => {
  folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const out = join(folder, 'soak.json');
  const args = ['--import', 'tsx', 'suites/soak/main.ts', '--minutes', '0.08', '--rate', '500', '--out', out];
  // One that finds faults fails, and says which they are.
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 }).catch(
    (failed: unknown) => failed as { readonly stdout: string },
  );
  const { messages, commands, faults } = JSON.parse(await readFile(out, 'utf8')) as {
    readonly messages: number;
    readonly commands: readonly { readonly upstream: string; readonly sent: number; readonly sessions: number }[];
    readonly faults: readonly string[];
  };
  expect(faults, stdout).toEqual([]);
  expect(commands.map(({ upstream }) => upstream)).toEqual(['http', 'stdio']);
  for (const { sent, sessions } of commands) {
    expect(sessions).toBeGreaterThan(0);
    expect(sent).toBeGreaterThan(sessions);
  }
  expect(messages).toBe(commands.reduce((sum, { sent }) => sum + sent, 0));
});
