/** Servers that cannot be asked, or say it by themselves, start and work. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIRROR, mirrored, ROOT, Started } from '../cli/support.js';
import { CAPABILITIES, fixture, open, strayCalls } from './support.js';

const run = promisify(execFile);
const FINE = { action: 'accept', content: { answer: 'yes' } };

const started = new Started();
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'provenance-'))));
afterEach(async () => {
  await started.end();
  await rm(folder, { recursive: true, force: true });
});

/** The answers of 8 calls at once. */
async function askEight(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const client = await open(started, args, env);
  client.answer('elicitation/create', () => FINE);
  return Promise.all(Array.from({ length: 8 }, async () => client.callTool('ask-through-a-queue')));
}

it('a server in Python that stamps by itself asks 8 of 8 calls on their own streams', async () => {
  const client = await open(started, ['--', 'python3', 'examples/stamping_server.py']);
  expect(await strayCalls(client, 8, 'ask')).toEqual([]);
  expect(JSON.stringify(client.arrivals)).not.toContain('originating-request');
});

it('a server in shell gets no NODE_OPTIONS', async () => {
  const client = await open(started, ['--', fixture('shell.sh')]);
  expect(await client.callTool('look')).toBe('options: ');
});

it('a server that holds the SDK in its own file works', async () => {
  const outfile = join(folder, 'bundle.mjs');
  const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  const options = ['--bundle', '--platform=node', '--format=esm', `--outfile=${outfile}`, `--banner:js=${banner}`];
  await run('node_modules/.bin/esbuild', [fixture('sdk1-esm.js'), ...options], { cwd: ROOT });
  expect(await askEight(['--', 'node', outfile])).toEqual(Array(8).fill('yes'));
});

it('a Node that refuses what NODE_OPTIONS says runs the server without', async () => {
  const node = join(folder, 'node');
  const refusal = `case "$NODE_OPTIONS" in *--require*|*--import*) echo "$0: not allowed in NODE_OPTIONS" >&2; exit 9;; esac`;
  await writeFile(node, `#!/bin/sh\n${refusal}\nexec ${process.execPath} "$@"\n`);
  await chmod(node, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  expect(await askEight(['--', 'node', fixture('sdk1-esm.js')], env)).toEqual(Array(8).fill('yes'));
});

it('a Node that does not say whether it can runs the server without, and not much later', async () => {
  const node = join(folder, 'node');
  await writeFile(node, `#!/bin/sh\n[ "$1" = -e ] && exec sleep 60\nexec ${process.execPath} "$@"\n`);
  await chmod(node, 0o755);
  expect(await askEight(['--', node, fixture('sdk1-commonjs.cjs')])).toEqual(Array(8).fill('yes'));
});

it('the Node that runs the command is not run once more to find out whether it can', async () => {
  const starts = join(folder, 'starts');
  const note = join(folder, 'note.cjs');
  const line = `JSON.stringify(process.argv.slice(1).concat(process.execArgv)) + '\\n'`;
  await writeFile(note, `require('node:fs').appendFileSync(${JSON.stringify(starts)}, ${line});`);
  await symlink(process.execPath, join(folder, 'node'));
  const env = { PATH: folder, NODE_OPTIONS: `--require=${note}` };
  const client = await open(started, ['--', 'node', fixture('sdk1-esm.js')], env);
  expect(await strayCalls(client, 8, 'ask')).toEqual([]);
  expect((await readFile(starts, 'utf8')).trim().split('\n')).toEqual([
    expect.stringContaining('cli.js'),
    expect.stringContaining('sdk1-esm.js'),
  ]);
});

it('a server that is run with other NODE_OPTIONS works', async () => {
  const server = ['env', 'NODE_OPTIONS=--no-deprecation', process.execPath, fixture('sdk1-commonjs.cjs')];
  expect(await askEight(['--', ...server])).toEqual(Array(8).fill('yes'));
});

it.skipIf(process.getuid === undefined)('a server without a place to write to is asked all the same', async () => {
  const env = { HOME: '/proc', TMPDIR: '/proc', XDG_CACHE_HOME: '/proc' };
  const client = await open(started, ['--', 'node', fixture('sdk1-esm.js')], env);
  expect(await strayCalls(client, 8, 'ask')).toEqual([]);
});

it('a server under the permission model of Node starts', async () => {
  const [flag = ''] = ['--permission', '--experimental-permission'].filter((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  const server = [process.execPath, flag, '--allow-fs-read=*', fixture('sdk1-esm.js')];
  expect(await askEight(['--', ...server])).toEqual(Array(8).fill('yes'));
});

describe('NODE_OPTIONS', () => {
  it('of the user stay in force, and the server itself sees no others', async () => {
    const client = await open(started, ['--env', 'NODE_OPTIONS=--no-deprecation', ...MIRROR]);
    expect((await mirrored(client)).env['NODE_OPTIONS']).toBe('--no-deprecation');
    const inherited = await open(started, MIRROR, { NODE_OPTIONS: '--no-warnings' });
    expect((await mirrored(inherited)).env['NODE_OPTIONS']).toBe('--no-warnings');
  });

  it('are not there where the user has none', async () => {
    const client = await open(started, MIRROR, { NODE_OPTIONS: undefined });
    expect((await mirrored(client)).env['NODE_OPTIONS']).toBeUndefined();
  });

  it('do not change how Node loads a program with extensions of its own', async () => {
    await writeFile(join(folder, 'extension.cjs'), 'require.extensions[".mine"] = require.extensions[".js"];');
    await writeFile(join(folder, 'server.mine'), `require(${JSON.stringify(fixture('sdk1-commonjs.cjs'))});`);
    const server = ['node', '--require', join(folder, 'extension.cjs'), join(folder, 'server.mine')];
    const client = await open(started, ['--', ...server]);
    expect(await strayCalls(client, 8, 'ask')).toEqual([]);
  });
});

it('a server behind the server does not stamp', async () => {
  const client = await open(started, ['--', 'node', fixture('behind.js')]);
  expect(await client.callTool('metas')).toBe('[null]');
});

it('works for node --test and for worker threads, which load the preload too', async () => {
  const file = join(folder, 'one.test.mjs');
  const worker = `new Worker('process.stdout.write(process.env.NODE_OPTIONS ?? "none")', { eval: true })`;
  await writeFile(
    file,
    `import { test } from 'node:test'; import { once } from 'node:events'; import { Worker } from 'node:worker_threads';
     test('a worker', async () => { const [code] = await once(${worker}, 'exit'); if (code !== 0) throw new Error(); });`,
  );
  const preload = join(ROOT, 'dist/provenance/preload.cjs');
  const env = { ...process.env, NODE_OPTIONS: `--require=${preload}` };
  const { stdout, stderr } = await run(process.execPath, ['--test', file], { env });
  expect(stdout).toMatch(/pass 1\b/);
  expect(stderr).toBe('');
});

describe('a stamp', () => {
  const HOSTILE = {
    'of a request that is not in flight': '"999"',
    'of another type': '{"__proto__":{"a":1}}',
    'with the name of a prototype': '"__proto__"',
    'that is null': 'null',
    'of a megabyte': JSON.stringify('x'.repeat(1_000_000)),
  };

  it.each(Object.entries(HOSTILE))('%s changes nothing, and does not reach the client', async (_, stamp) => {
    const file = join(folder, 'hostile.cjs');
    await writeFile(file, hostileServer(stamp));
    const client = await open(started, ['--', 'node', file]);
    client.answer('elicitation/create', () => FINE);
    expect(await client.callTool('ask')).toBe('accept');
    const [question] = client.arrivals.filter(({ message }) => message.method === 'elicitation/create');
    expect(question?.stream).toBe('POST 1');
    expect(question?.message.params).toEqual({ message: 'hi', _meta: { own: 1 } });
  });

  it('of a call of another session does not bring its question there', async () => {
    const file = join(folder, 'hostile.cjs');
    await writeFile(file, hostileServer('7'));
    const { url } = await started.endpoint(['--', 'node', file]);
    const other = await started.client(url, { capabilities: CAPABILITIES, firstId: 7 });
    const hanging = other.start('tools/call', { name: 'hang' }, 7);
    const client = await started.client(url, { capabilities: CAPABILITIES });
    expect(await client.callTool('ask')).toBe('accept');
    expect(other.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
    await hanging.drop();
  });
});

/** Asks with a stamp that is JSON text. */
function hostileServer(stamp: string): string {
  const question =
    `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"hi",` +
    `"_meta":{"own":1,"mcp-backchannel/originating-request":${stamp}}}}`;
  return `
    let call;
    const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params, result } = JSON.parse(line);
      if (method === 'initialize') {
        const serverInfo = { name: 'hostile', version: '1' };
        send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
      } else if (params?.name === 'ask') {
        call = id;
        console.log(${JSON.stringify(question)});
      } else if (result !== undefined) {
        send({ id: call, result: { content: [{ type: 'text', text: result.action }] } });
      }
    });`;
}
