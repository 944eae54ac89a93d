/** `--trace` and `--trace-file` of the command. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/telemetry/record.js';
import { JSON_HEADERS } from '../support/raw-http.js';
import { MIRROR, Started, type Command } from './support.js';

/** More than the stack has room for. */
const LEVELS = 20_000;

const started = new Started();
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
  file = join(folder, 'trace.jsonl');
});
afterEach(async () => {
  await started.end();
  await rm(folder, { recursive: true });
});

async function end({ process, exit }: Command): Promise<void> {
  process.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, signal: null });
}

async function eventsIn(name = file): Promise<EventRecord[]> {
  const text = await readFile(name, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EventRecord);
}

describe('--trace-file', () => {
  it('has what happened, in order and to the end, and adds nothing to the log', async () => {
    const { url, command } = await started.endpoint(['--trace-file', file, ...MIRROR]);
    const client = await started.client(url);
    expect(await client.callTool('ask')).toBe('accept');
    await end(command);

    const events = await eventsIn();
    const told = events.map((event) => [event.kind, ...('id' in event ? [event.method, event.id] : [])]);
    const begin = told.findIndex(([, method]) => method === 'tools/call');
    expect(told.slice(begin, begin + 5)).toEqual([
      ['call', 'tools/call', 1],
      ['question', 'elicitation/create', 'q1'],
      ['route', 'elicitation/create', 'q1'],
      ['answer', 'elicitation/create', 'q1'],
      ['call-ended', 'tools/call', 1],
    ]);
    expect(told.at(-1)).toEqual(['session-ended']);
    const session = client.sessionId?.slice(0, 8);
    expect(events.at(-1)).toMatchObject({ session, client: 'strict-client', by: 'shutdown' });
    expect(command.stderr.filter((line) => line.includes('tools/call'))).toEqual([]);
  });

  it('is appended to by the next process', async () => {
    const sessions = new Set<string | undefined>();
    for (let run = 0; run < 2; run++) {
      const { url, command } = await started.endpoint(['--trace-file', file, ...MIRROR]);
      sessions.add((await started.client(url)).sessionId?.slice(0, 8));
      await end(command);
    }
    expect(new Set((await eventsIn()).flatMap(({ session }) => session ?? []))).toEqual(sessions);
  });

  it('is renamed at --trace-file-size, and --trace-file-keep of the renamed files are kept', async () => {
    const limits = ['--trace-file-size', '1000', '--trace-file-keep', '2'];
    const { url, command } = await started.endpoint(['--trace-file', file, ...limits, ...MIRROR]);
    const client = await started.client(url);
    for (let call = 0; call < 30; call++) await client.callTool('look');
    await end(command);

    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['trace.jsonl', 'trace.jsonl.1', 'trace.jsonl.2']);
    const files = await Promise.all(names.map(async (name) => eventsIn(join(folder, name))));
    const times = files.reverse().flatMap((events) => events.map(({ at }) => at));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    for (const name of names) expect((await readFile(join(folder, name))).length).toBeLessThanOrEqual(1_000);
  });

  it('that cannot be written is told once, and hinders nobody', async () => {
    const path = join(folder, 'missing', 'trace.jsonl');
    const { url, command } = await started.endpoint(['--trace-file', path, ...MIRROR]);
    const client = await started.client(url);
    for (let call = 0; call < 5; call++) expect(await client.callTool('ask')).toBe('accept');
    await end(command);
    expect(command.stderr.filter((line) => line.includes('trace'))).toEqual([
      `mcp-backchannel: error: cannot write the trace to ${path}: no such file or directory (events are lost meanwhile)`,
    ]);
  });

  it('has the events of the only session of --stdio', async () => {
    const command = started.command(['--stdio', '--trace-file', file, ...MIRROR]);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } };
    command.process.stdin.end(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}\n`);
    expect(await command.exit).toEqual({ code: 0, signal: null });
    expect(await eventsIn()).toContainEqual(
      expect.objectContaining({ client: 'pipe', kind: 'call', method: 'initialize', id: 0 }),
    );
  });
});

describe('what was said', () => {
  it('is left out, without --trace-payloads', async () => {
    const { url, command } = await started.endpoint(['--trace-file', file, '--trace', '--json', ...MIRROR]);
    const client = await started.client(url);
    await client.request('tools/call', { name: 'ask', arguments: { of: 'the patient' } });
    await end(command);
    for (const text of [await readFile(file, 'utf8'), command.stderr.join('\n')]) {
      expect(text).toContain('"target":"ask"');
      for (const said of ['the patient', '"message":"ask"', 'Ada']) expect(text).not.toContain(said);
    }
  });

  it('is written with --trace-payloads, and credentials in it are not', async () => {
    const env = ['--env', 'API_KEY=key-of-the-server'];
    const args = ['--trace-file', file, '--trace-payloads', '--trace', ...env, ...MIRROR];
    const { url, command } = await started.endpoint(args);
    const client = await started.client(url);
    const said = { list: ['key-of-the-server'], 'key-of-the-server': 'a name', of: 'the patient' };
    await client.request('tools/call', { name: 'key-of-the-server', arguments: said });
    await client.callTool('ask');
    await end(command);

    const events = await eventsIn();
    expect(events.find((event) => event.kind === 'call' && event.id === 1)).toMatchObject({
      target: '***',
      message: { params: { name: '***', arguments: { list: ['***'], '***': 'a name', of: 'the patient' } } },
    });
    expect(events.find(({ kind }) => kind === 'question')).toMatchObject({ message: { params: { message: 'ask' } } });
    expect(events.find(({ kind }) => kind === 'answer')).toMatchObject({ message: { result: { action: 'accept' } } });
    for (const text of [await readFile(file, 'utf8'), command.stderr.join('\n')])
      expect(text).not.toContain('key-of-the-server');
  });

  it('is left out if it is too long, or too deep, and its event is there', async () => {
    const { url, command } = await started.endpoint(['--trace-file', file, '--trace-payloads', ...MIRROR]);
    const client = await started.client(url);
    await client.request('tools/call', { name: 'long', arguments: { text: 'x'.repeat(1_100_000) } });
    const deep = `${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`;
    const body = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"deep","arguments":${deep}}}`;
    const headers = { ...JSON_HEADERS, 'mcp-session-id': String(client.sessionId) };
    await (await fetch(url, { method: 'POST', headers, body })).text();
    await end(command);
    const calls = (await eventsIn()).filter(({ kind }) => kind === 'call').slice(1);
    expect(calls.map((event) => 'target' in event && event.target)).toEqual(['long', 'deep']);
    for (const call of calls) expect(call).not.toHaveProperty('message');
  });
});

it.each(['--trace-payloads', '--trace-file-size=1000', '--trace-file-keep=1'])(
  '%s is refused without --trace-file',
  async (option) => {
    const command = started.command([option, '--trace', ...MIRROR]);
    expect(await command.exit).toEqual({ code: 2, signal: null });
    expect(command.stderr).toEqual([
      expect.stringContaining(`${option.split('=')[0] ?? ''} needs --trace-file`) as string,
    ]);
  },
);
