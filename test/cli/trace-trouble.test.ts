/** `--trace-file` of the command when the file cannot be kept: it is said once, and everybody is served. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventRecord } from '../../src/telemetry/record.js';
import { CLI, Command, MIRROR, ROOT, Started } from './support.js';

const started = new Started();
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
  file = join(folder, 'sub', 'trace.jsonl');
  await mkdir(join(folder, 'sub'));
});
afterEach(async () => {
  await started.end();
  await rm(folder, { recursive: true });
});

async function eventsIn(name = file): Promise<EventRecord[]> {
  const lines = (await readFile(name, 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as EventRecord);
}

const idsIn = async (name = file): Promise<unknown[]> =>
  (await eventsIn(name)).flatMap((event) => (event.kind === 'call' && event.method === 'tools/call' ? event.id : []));

async function end({ process, exit }: Command): Promise<void> {
  process.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, signal: null });
}

const told = ({ stderr }: Command): string[] => stderr.filter((line) => line.includes('trace'));

it.each([
  ['removed', async () => rm(file)],
  ['renamed, as logrotate does', async () => rename(file, `${file}.old`)],
])('goes on in a new file if the file is %s', async (_what, take) => {
  const { url, command } = await started.endpoint(['--trace-file', file, ...MIRROR]);
  const client = await started.client(url);
  for (let round = 0; round < 3; round++) {
    await client.callTool('look');
    await expect.poll(async () => (await idsIn()).at(-1), { timeout: 5_000 }).toBe(round + 1);
    if (round < 2) await take();
  }
  await end(command);
  expect(await idsIn()).toEqual([3]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(told(command)).toEqual([
    `mcp-backchannel: error: ${file} was removed or renamed: the trace goes on in a new file`,
  ]);
});

it('says once that the folder is gone, and has the later events when it is there again', async () => {
  const { url, command } = await started.endpoint(['--trace-file', file, ...MIRROR]);
  const client = await started.client(url);
  await rm(join(folder, 'sub'), { recursive: true });
  for (let call = 0; call < 5; call++) await client.callTool('look');
  await command.line(/cannot write the trace to .*: no such file or directory/);
  await mkdir(join(folder, 'sub'));
  await end(command);
  // It is tried again when the command ends.
  const [lost] = (await eventsIn()) as unknown as [{ kind: string; count: number }];
  expect(lost.kind).toBe('lost');
  expect(lost.count).toBeGreaterThan(5);
  expect(told(command)).toHaveLength(1);
});

it('says once that the disk is full, leaves whole lines, and counts none twice', async () => {
  // No file may be longer than 8 KiB.
  const limited = ['-c', 'ulimit -f 16; exec "$@"', 'sh', process.execPath, CLI, '--port', '0'];
  const child = spawn('sh', [...limited, '--trace-file', file, ...MIRROR], { cwd: ROOT });
  const command = new Command(child);
  started.add({
    async close() {
      child.kill('SIGKILL');
      return command.exit;
    },
  });
  const client = await started.client(await command.url());
  for (let call = 0; call < 60; call++) await client.callTool('look');
  await end(command);
  const ids = await idsIn();
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, at) => at + 1));
  expect(ids.length).toBeGreaterThan(5);
  expect(ids.length).toBeLessThan(60);
  expect(told(command)).toEqual([
    `mcp-backchannel: error: cannot write the trace to ${file}: file too large (events are lost meanwhile)`,
  ]);
});
