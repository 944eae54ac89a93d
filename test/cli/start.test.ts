/** What the start of the command does not need is loaded later. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scrape, valueOf } from '../support/exposition.js';
import { MIRROR, mirrored, Started } from './support.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Says on stderr what is loaded. */
const HOOKS = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  }`;

const started = new Started();
afterEach(async () => started.end());

const LATE = ['@modelcontextprotocol', 'zod', 'undici', 'prom-client', 'ioredis'];

/** The build names the package of each file that it has put into ours. */
const JOINED = /^\/\/ \S*node_modules\/([^/]+)\//gm;

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

const HOOKED = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOKS))});`);

test('the command serves before it has loaded the SDK, zod, the HTTP client, the metrics or the cluster', async () => {
  const args = ['--import', HOOKED, CLI, '--port', '0', '--', process.execPath, '--version'];
  const command = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(command, 'exit');
  const loaded: string[] = [];
  for await (const line of createInterface(command.stderr)) {
    if (line.includes(': serves ')) break;
    loaded.push(line.replace('loads ', ''));
  }
  command.kill('SIGKILL');
  await ended;
  expect(loaded.some((url) => url.endsWith('/dist/cli/run.js'))).toBe(true);
  const files = loaded.filter((url) => url.includes('/dist/')).map((url) => readFileSync(new URL(url), 'utf8'));
  const joined = new Set(files.flatMap((text) => [...text.matchAll(JOINED)].map(([, name]) => name)));
  expect(joined).toContain('rxjs');
  for (const name of LATE) expect(joined).not.toContain(name);
  // The build names each file of ours, too.
  expect(files.some((text) => text.includes('// src/proxy/'))).toBe(true);
  expect(files.filter((text) => /^\/\/ src\/(?:cluster|doctor)\//m.test(text))).toEqual([]);
  const isLate = (url: string): boolean => LATE.some((name) => url.includes(`/node_modules/${name}/`));
  expect(loaded.filter(isLate)).toEqual([]);
});

test('no call loads the library of the metrics, but whoever asks for them does, and sees the calls', async () => {
  const { command, url } = await started.endpoint(MIRROR, { NODE_OPTIONS: `--import=${HOOKED}` });
  await (await started.client(url)).callTool('ask');
  const isLoaded = (): boolean => command.stderr.some((line) => /loads .*\/node_modules\/prom-client\//.test(line));
  expect(isLoaded()).toBe(false);
  const series = await scrape(url);
  expect(isLoaded()).toBe(true);
  expect(valueOf(series, 'mcp_backchannel_calls_total', { method: 'tools/call', outcome: 'result' })).toBe(1);
  expect(valueOf(series, 'mcp_backchannel_questions_total', { outcome: 'accept' })).toBe(1);
  expect(valueOf(series, 'mcp_backchannel_sessions_opened_total')).toBe(1);
});

/** Says at the end whether Node has loaded its `fetch`, of which `Headers`, `Request` and `http.WebSocket` are parts. */
const NOTE = `
  if (process.argv[1]?.endsWith('cli.js')) process.once('exit', () => {
    const isLoaded = process.moduleLoadList.includes('NativeModule internal/deps/undici/undici');
    require('node:fs').writeSync(2, 'fetch is ' + (isLoaded ? 'loaded' : 'not loaded') + '\\n');
  });`;

describe('without the fetch of Node', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'start-'))));
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('the command serves a server that it runs', async () => {
    const note = join(folder, 'note.cjs');
    await writeFile(note, NOTE);
    const { command, url } = await started.endpoint(MIRROR, { NODE_OPTIONS: `--require=${note}` });
    await mirrored(await started.client(url));
    command.process.kill('SIGTERM');
    expect((await command.line(/fetch is (.*)/))[1]).toBe('not loaded');
  });
});
