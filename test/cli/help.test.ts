import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CLI, Command, Started, ROOT } from './support.js';

const started = new Started();
afterEach(async () => started.end());

async function help(): Promise<string> {
  const command = started.command(['--help']);
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(command.stderr).toEqual([]);
  return command.stdout;
}

it('prints help of which each group fits one screen of 80 columns and 24 lines', async () => {
  const groups = (await help()).split('\n\n');
  expect(groups.length).toBeGreaterThan(6);
  for (const group of groups) {
    const lines = group.split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  }
});

it('names every option of its help in docs/command.md, and none that it does not have', async () => {
  const page = await readFile(join(ROOT, 'docs/command.md'), 'utf8');
  const flags = (text: string): string[] => (text.match(/(?<![\w-])--[a-z-]{3,}/g) ?? []).sort();
  const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
  const text = (await help()).replace(/^Exit codes.*/ms, '');
  // Help may name an option again where it explains another; the page has one row for each.
  expect(flags(rows.map((row) => row.split('|')[1]).join(' '))).toEqual([...new Set(flags(text))]);
});

it('has the defaults in docs/command.md that its help names', async () => {
  const page = await readFile(join(ROOT, 'docs/command.md'), 'utf8');
  const text = (await help()).replace(/\n {10,}/g, ' ');
  const defaults = [...text.matchAll(/^ {2}(--[a-z-]+) .*\(default: ([^)]+)\)$/gm)];
  expect(defaults.length).toBeGreaterThan(6);
  for (const [, flag = '', value = ''] of defaults) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${flag} `));
    expect(row?.split('|')[2]?.trim(), flag).toBe(`\`${value}\``);
  }
});

it('prints its version', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const command = started.command(['--version']);
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(command.stdout).toBe(`${version}\n`);
});

it.each([[['--bogus']], [[]], [['--port', 'x', '--', 'server']]])(
  'gives a reason of one line, and exit code 2, for %j',
  async (args) => {
    const command = started.command(args);
    expect(await command.exit).toEqual({ code: 2, signal: null });
    expect(command.stderr).toEqual([expect.stringMatching(/^mcp-backchannel: .+/)]);
    expect(command.stdout).toBe('');
  },
);

it.each([['--help'], ['--bogus']])('says nothing more when nobody reads what %s prints', async (arg) => {
  const command = new Command(
    spawn('sh', ['-c', '("$@" 2>&1; echo "code $?" >&3) 3>&2 | true', 'sh', process.execPath, CLI, arg]),
  );
  await command.exit;
  expect(command.stderr).toEqual([`code ${arg === '--help' ? 0 : 2}`]);
});
