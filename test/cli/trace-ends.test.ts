/** However the command ends, the events of `--trace-file` are on the disk: only SIGKILL is too fast. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventRecord } from '../../src/telemetry/record.js';
import { MIRROR, Started, type Command } from './support.js';

const CALLS = 50;

const started = new Started();
let folder: string;
let file: string;
let pipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
  file = join(folder, 'trace.jsonl');
  pipe = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
});
afterEach(async () => {
  await started.end();
  await rm(folder, { recursive: true });
});

/**
 * The command with a single thread for files. The first SIGUSR2 makes that thread open a pipe, which lasts until
 * {@link free}; the second does what `end` says.
 */
async function withOneThread(end: string): Promise<{ readonly url: string; readonly command: Command }> {
  const preload = `
    import { open } from 'node:fs';
    process.once('SIGUSR2', () => {
      process.once('SIGUSR2', () => { ${end} });
      open(${JSON.stringify(pipe)}, 'r', () => {});
      process.stderr.write('the thread is busy\\n');
    });
  `;
  const env = {
    UV_THREADPOOL_SIZE: '1',
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(preload)}"`,
  };
  return started.endpoint(['--trace-file', file, ...MIRROR], env);
}

async function free(): Promise<void> {
  await (await open(pipe, 'w')).close();
}

async function callsIn(kind: 'call' | 'call-ended'): Promise<unknown[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  const events = lines.map((line) => JSON.parse(line) as EventRecord);
  return events.flatMap((event) => (event.kind === kind && event.method === 'tools/call' ? event.id : []));
}

it.each([
  ['an error that nobody catches', 'throw new Error("crash")', 1],
  ['a promise that nobody catches', 'Promise.reject(new Error("crash"))', 1],
  ['an exit that somebody else asks for', 'process.exit(3)', 3],
])('has every event on the disk after %s, in order and once', async (_what, end, code) => {
  const { url, command } = await withOneThread(end);
  const client = await started.client(url);
  command.process.kill('SIGUSR2');
  await command.line(/the thread is busy/);
  for (let call = 0; call < CALLS; call++) await client.callTool('look');
  command.process.kill('SIGUSR2');
  // Before the thread is free.
  await expect.poll(async () => (await callsIn('call-ended')).length, { timeout: 5_000 }).toBe(CALLS);
  await free();
  expect(await command.exit).toEqual({ code, signal: null });
  const ids = Array.from({ length: CALLS }, (_, at) => at + 1);
  expect(await callsIn('call')).toEqual(ids);
  expect(await callsIn('call-ended')).toEqual(ids);
});

it.each([
  ['SIGTERM, when the disk is too slow', ['SIGTERM'], 0],
  ['a second signal', ['SIGTERM', 'SIGINT'], 130],
] as const)('has every event on the disk after %s', async (_what, [first, second], code) => {
  const { url, command } = await withOneThread('');
  const client = await started.client(url);
  if (second !== undefined) client.start('tools/call', { name: 'hang' }, 'hangs');
  command.process.kill('SIGUSR2');
  await command.line(/the thread is busy/);
  for (let call = 0; call < CALLS; call++) await client.callTool('look');
  command.process.kill(first);
  await command.line(/lets calls in flight finish/);
  if (second !== undefined) command.process.kill(second);
  await expect.poll(async () => (await callsIn('call-ended')).length, { timeout: 8_000 }).toBeGreaterThanOrEqual(CALLS);
  await free();
  expect(await command.exit).toEqual({ code, signal: null });
  expect((await callsIn('call')).filter((id) => id !== 'hangs')).toEqual(
    Array.from({ length: CALLS }, (_, at) => at + 1),
  );
});
