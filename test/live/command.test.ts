import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MIRROR, Started, type Command } from '../cli/support.js';
import { dataOf, get, LiveReader } from './live-server.js';
import { hangingCalls } from './records.js';

const started = new Started();
afterEach(async () => started.end());

async function file(texts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'live-'));
  started.add({ close: async () => rm(folder, { recursive: true }) });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  return join(folder, 'trace.jsonl');
}

/** @returns the address of the page */
async function shown(viewer: Command, what: string): Promise<string> {
  const [, url = ''] = await viewer.line(new RegExp(`shows ${what}, at (http://\\S+)`));
  return url;
}

describe('the command', () => {
  it('shows on its live page what happens, without whole session ids and without what is said', async () => {
    const { command, url } = await started.endpoint(['--live', ...MIRROR]);
    expect((await command.line(/shows what happens at (.*)$/))[1]).toBe(new URL('/live', url).href);
    const reader = await LiveReader.open(new URL(url).origin, started);
    const client = await started.client(url);
    await client.callTool('ask', { secret: 'correct-horse' });

    const records = [];
    for (let last: unknown; last !== 'tools/call';) {
      const record = dataOf(await reader.next());
      records.push(record);
      last = record['kind'] === 'call-ended' ? record['method'] : undefined;
    }
    const kinds = records.map(({ kind }) => kind);
    for (const kind of ['session-opened', 'call', 'question', 'route', 'answer']) expect(kinds).toContain(kind);
    const text = JSON.stringify(records);
    expect(text).not.toContain(client.sessionId);
    expect(text).toContain(client.sessionId?.slice(0, 8));
    expect(text).not.toContain('correct-horse');
  });

  it('hides secrets on its live page', async () => {
    const { url } = await started.endpoint(['--live', '--env', 'SECRET=correct-horse-battery', ...MIRROR]);
    const reader = await LiveReader.open(new URL(url).origin, started);
    const client = await started.client(url);
    await client.callTool('correct-horse-battery');
    let text = '';
    while (!/"kind":"call-ended"[^\n]*tools\/call/.test(text)) text += `${(await reader.next())?.data ?? ''}\n`;
    expect(text).toContain('"target":"***"');
    expect(text).not.toContain('correct-horse');
  });

  it('has no live page unless it is asked for', async () => {
    const { url } = await started.endpoint(MIRROR);
    for (const path of ['/live', '/live/events', '/live/page.js'])
      expect((await get(new URL(path, url).href)).statusCode).toBe(404);
  });

  it('ends at once with a page open', async () => {
    const { command, url } = await started.endpoint(['--live', ...MIRROR]);
    const reader = await LiveReader.open(new URL(url).origin, started);
    command.process.kill('SIGTERM');
    expect(dataOf(await reader.next())).toMatchObject({ source: 'proxy' });
    expect(await reader.next()).toBeUndefined();
    expect(await command.exit).toEqual({ code: 0, signal: null });
  });

  it.each([
    [['--live', '--path', '/live', '--', 'x'], /--live serves \/live itself: give another --path/],
    [['--live', '--stdio', '--', 'x'], /--live has no meaning with --stdio/],
  ])('refuses %j', async (args, reason) => {
    const command = started.command(args);
    expect((await command.exit).code).toBe(2);
    expect(command.stderr.join()).toMatch(reason);
  });
});

describe('view', () => {
  const lines = hangingCalls().map((record) => JSON.stringify(record));

  it('shows a file, what was rotated before it, and says which lines are no events', async () => {
    const name = await file({
      'trace.jsonl.2': `${lines.slice(0, 10).join('\n')}\n`,
      'trace.jsonl.1': `${lines.slice(10, 20).join('\n')}\n{"kind":"call","at":1}\n\n`,
      'trace.jsonl': `${lines.slice(20).join('\r\n')}\nnull\n{"kind":"toString","at":1}\n{"kind":"ca`,
    });
    const command = started.command(['view', name]);
    const url = await shown(command, `${lines.length} events of .*trace.jsonl`);
    const said = command.stderr
      .filter((line) => line.includes('is no event'))
      .map((line) => line.replace(/^.*trace/, 'trace'));
    const rest = lines.length - 20;
    expect(said).toEqual([
      'trace.jsonl.1 line 11 is no event',
      ...[1, 2, 3].map((more) => `trace.jsonl line ${rest + more} is no event`),
    ]);

    const { origin, pathname } = new URL(url);
    await expect.poll(() => command.stdout).toBe(`${url}\n`);
    expect(pathname).toBe('/live');
    const reader = await LiveReader.open(origin, started);
    const [hello, ...events] = await reader.take(lines.length + 2);
    expect(dataOf(hello)).toMatchObject({ name: 'trace.jsonl', source: 'file', badLines: 4 });
    expect(events.slice(0, -1).map(({ data }) => data)).toEqual(lines);

    command.process.kill('SIGINT');
    expect(await command.exit).toEqual({ code: 0, signal: null });
  });

  it('shows a file with lines that are too deep to be written', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const call = (lines[1] ?? '').slice(0, -1);
    const name = await file({ 'trace.jsonl': `${call},"more":${deep}}\n${call},"message":${deep}}\n` });
    const viewer = started.command(['view', name]);
    const url = await shown(viewer, '1 events of .*');
    expect(viewer.stderr.join()).toContain('line 2 is no event');
    const reader = await LiveReader.open(new URL(url).origin, started);
    const [, event, end] = await reader.take(3);
    expect([event?.data, end?.event]).toEqual([lines[1], 'end']);
    expect((await get(url)).statusCode).toBe(200);
  });

  it('shows no more of a file without lines than that it is none of events', async () => {
    const name = await file({ 'trace.jsonl.1': '', 'trace.jsonl': `${lines.join('\n')}\n` });
    // As much as no string can hold.
    await truncate(`${name}.1`, 600 * 2 ** 20);
    const viewer = started.command(['view', name]);
    await shown(viewer, `${lines.length} events of .*`);
    expect(viewer.stderr.join()).toContain('trace.jsonl.1 line 1 is no event');
  });

  it('says how many events a file lacks, as the file does', async () => {
    const name = await file({
      'trace.jsonl': `${lines[0]}\n{"at":1795899921155,"kind":"lost","count":12}\n${lines[1]}\n`,
    });
    const viewer = started.command(['view', name]);
    const url = await shown(viewer, '2 events of .*, which lacks 12');
    expect(viewer.stderr).toHaveLength(1);
    const reader = await LiveReader.open(new URL(url).origin, started);
    const [, gap, ...events] = await reader.take(4);
    expect(gap?.event).toBe('gap');
    expect(dataOf(gap)).toEqual({ lost: 12 });
    expect(events.map(({ data }) => data)).toEqual(lines.slice(0, 2));
  });

  it('shows what --trace-file wrote', async () => {
    const name = await file({});
    const { command, url } = await started.endpoint(['--trace-file', name, ...MIRROR]);
    const client = await started.client(url);
    await client.callTool('ask');
    command.process.kill('SIGTERM');
    await command.exit;

    const viewer = started.command(['view', name]);
    const shownAt = await shown(viewer, '\\d+ events of .*');
    expect(viewer.stderr.join()).not.toContain('no event');
    const reader = await LiveReader.open(new URL(shownAt).origin, started);
    const kinds = [];
    for (let event = await reader.next(); event !== undefined; event = await reader.next())
      kinds.push(dataOf(event)['kind']);
    for (const kind of ['session-opened', 'call', 'question', 'route', 'answer', 'call-ended', 'session-ended'])
      expect(kinds).toContain(kind);
  });

  it.each([
    [['view'], 2, /'view' needs one file/],
    [['view', 'a', 'b'], 2, /'view' needs one file/],
    [['view', '--bogus', 'a'], 2, /unknown option of 'view'/],
    [['view', '--port', 'x', 'a'], 2, /--port must be/],
    [['view', '/no/such/file'], 1, /there is no file \/no\/such\/file/],
    [['view', tmpdir()], 1, /cannot read/],
  ])('gives a reason and an exit code for %j', async (args, code, reason) => {
    const command = started.command(args);
    expect((await command.exit).code).toBe(code);
    expect(command.stderr).toEqual([expect.stringMatching(reason)]);
  });

  it('has help of its own', async () => {
    const command = started.command(['view', '--help']);
    expect((await command.exit).code).toBe(0);
    expect(command.stdout).toMatch(/^Usage: mcp-backchannel view/);
  });
});
