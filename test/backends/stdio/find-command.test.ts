import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { executableOf, faultIn } from '../../../src/backends/stdio/find-command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'bin', 'a-folder'));
  writeFileSync(join(folder, 'bin', 'server'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'bin', 'not-executable'), '', { mode: 0o644 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const fault = (command: string, PATH: string, cwd?: string): string | undefined =>
  faultIn({ command, env: { PATH }, cwd }, 'linux');

it('finds a command on the PATH that its process gets', () => {
  expect(fault('server', `/nowhere:${folder}/bin`)).toBeUndefined();
  expect(fault('server', '/nowhere')).toBe('no such command: server; is it on the PATH?');
});

it('finds a path relative to the folder that the command runs in', () => {
  expect(fault('bin/server', '/nowhere', folder)).toBeUndefined();
  expect(fault('./server', `${folder}/bin`, folder)).toMatch(/^no such command/);
  expect(fault('server', 'bin', folder)).toBeUndefined();
});

it('takes no folder for a command, nor a file that must not be executed', () => {
  expect(fault('a-folder', `${folder}/bin`)).toMatch(/^no such command/);
  expect(fault('not-executable', `${folder}/bin`)).toMatch(/must not be executed/);
});

it('says which file a command runs', () => {
  symlinkSync(join(folder, 'bin', 'server'), join(folder, 'link'));
  const file = (command: string, PATH: string): string | undefined =>
    executableOf({ command, env: { PATH }, cwd: undefined }, 'linux');
  expect(file('link', folder)).toBe(join(realpathSync(folder), 'bin', 'server'));
  expect(file('not-executable', `${folder}/bin`)).toBeUndefined();
  expect(file('server', '/nowhere')).toBeUndefined();
});
