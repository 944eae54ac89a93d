/** The kinds of server that the command serves over HTTP, each a real one. */
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startUpstream } from '../support/upstreams.js';
import { BACKEND, elicitations, healthOf, MIRROR, mirrored, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

describe('a client that never opens GET gets the first and the second elicitation on its own stream, from', () => {
  it('a stdio server', async () => {
    const { url, command } = await started.endpoint(BACKEND);
    const client = await started.client(url);
    expect([await client.callTool('ask', { tag: '1st' }), await client.callTool('ask', { tag: '2nd' })]).toEqual([
      '1st: accept Ada',
      '2nd: accept Ada',
    ]);
    expect(elicitations(client)).toEqual(['POST 1', 'POST 2']);
    expect(command.stdout).toBe('');
  });

  it('an HTTP server', async () => {
    const { url } = await started.endpoint(['--url', (await started.backendOverHttp()).url]);
    const client = await started.client(url);
    await client.callTool('ask');
    await client.callTool('ask');
    expect(elicitations(client)).toEqual(['POST 1', 'POST 2']);
  });

  it('a server over the older HTTP+SSE', async () => {
    const server = started.add(await startUpstream('sse'));
    // The transport is only asked where the server is.
    const { _url } = (await server.connect()) as unknown as { readonly _url: URL };
    const { url } = await started.endpoint(['--sse-url', _url.href]);
    const client = await started.client(url);
    await client.callTool('ask');
    await client.callTool('ask');
    expect(elicitations(client)).toEqual(['POST 1', 'POST 2']);
  });
});

describe('a command', () => {
  it('runs in its directory, with our environment and its own variables, but not with our settings', async () => {
    const cwd = await realpath(tmpdir());
    // On Windows each is the same variable, however it is written.
    const inAnotherCase = { Mcp_Backchannel_Token: 'not-for-the-server' };
    const own = { MCP_BACKCHANNEL_TOKEN: 'not-for-the-server', INHERITED: 'yes', ...inAnotherCase };
    const { url } = await started.endpoint(['--cwd', cwd, '--env', 'A=1', '--env', 'B=x=y', ...MIRROR], own);
    const client = await started.client(url, { headers: { authorization: 'Bearer not-for-the-server' } });
    const seen = await mirrored(client);
    expect(seen.cwd).toBe(cwd);
    expect(seen.env).toMatchObject({ A: '1', B: 'x=y', INHERITED: 'yes' });
    expect(JSON.stringify(seen.env)).not.toContain('not-for-the-server');
  });

  it('has its stderr forwarded, line by line, with its name and process id', async () => {
    const { url, command } = await started.endpoint(MIRROR);
    const [one, other] = [await started.client(url), await started.client(url)];
    for (const { pid } of [await mirrored(one), await mirrored(other)]) {
      await command.line(new RegExp(`^\\[node ${pid}\\] mirror, mirror$`));
      await command.line(new RegExp(`^\\[node ${pid}\\] on the wall$`));
    }
    expect(command.stdout).toBe('');
  });

  it('that does not exist at the start is named at once, with exit code 2', async () => {
    const command = started.command(['--port', '0', '--', 'no-such-command-anywhere']);
    expect(await command.exit).toEqual({ code: 2, signal: null });
    expect(command.stderr).toEqual(['mcp-backchannel: no such command: no-such-command-anywhere; is it on the PATH?']);
  });

  it('that does not exist costs its session, and the command lives on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
    const program = join(folder, 'server');
    await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
    const { url } = await started.endpoint(['--', program]);
    await rm(folder, { recursive: true });
    const refused = started.client(url);
    await expect(refused.then(({ arrivals }) => arrivals[0]?.message.error?.message)).resolves.toContain('ENOENT');
    await expect(healthOf(url)).resolves.toMatchObject({ status: 'ok', sessions: 0 });
  });

  // What spawns without pipes is the lack of descriptors, and no other system lets it be set from outside.
  it.skipIf(process.platform !== 'linux')(
    'for which no file descriptors are left costs its session only, and the next one starts (on Linux)',
    async () => {
      const { url, command } = await started.endpoint(MIRROR);
      const one = await started.client(url);
      const pid = String(command.process.pid);
      const limit = (descriptors: number): unknown =>
        execFileSync('prlimit', ['--pid', pid, `--nofile=${String(descriptors)}:`]);
      // Some are left for connections, and too few for the pipes of a process.
      const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
      const free = [...Array(1024).keys()].filter((descriptor) => !open.has(descriptor));
      limit(free[4] ?? 0);
      const refused = await started.client(url);
      expect(refused.arrivals[0]?.message.error?.message).toMatch(/EMFILE/);
      limit(1024);
      expect((await mirrored(one)).pid).not.toBe((await mirrored(await started.client(url))).pid);
    },
  );

  it('that dies in mid-call costs its own session only, at once', async () => {
    const { url } = await started.endpoint(MIRROR);
    const [one, other] = [await started.client(url), await started.client(url)];
    await expect(one.callTool('die')).rejects.toThrow('closed the connection (was ended by SIGKILL)');
    expect((await mirrored(other)).pid).toBeGreaterThan(0);
    await expect(healthOf(url)).resolves.toMatchObject({ sessions: 1 });
  });
});

it('a command is called by its own name in the logs, or by the one it is given', async () => {
  const { url, command } = await started.endpoint(['--name', 'my mirror', ...MIRROR]);
  await command.line(/serves my mirror at http/);
  const { pid } = await mirrored(await started.client(url));
  await command.line(new RegExp(`^\\[my mirror ${pid}\\] mirror, mirror$`));
});

it('the log tells how a command ended and its last words, without its secrets; its client hears of the code alone', async () => {
  const script = `console.error('cannot log in with password-1234'); process.exitCode = 3; process.stdin.on('data', () => process.exit())`;
  const env = ['--env', 'PASSWORD=password-1234'];
  const { url, command } = await started.endpoint([...env, '--', process.execPath, '-e', script]);
  const { arrivals } = await started.client(url);
  const told = arrivals[0]?.message.error?.message ?? '';
  expect(told).toContain('closed the connection (ended with code 3)');
  expect(told).not.toContain('log in');
  await command.line(/\[node \d+\] ended with code 3; its last line on stderr: cannot log in with \*\*\*$/);
  await command.line(/session .* has ended: .*\(ended with code 3\)/);
});

it('a command that logs to stdout is told to use stderr, and --trace shows the beginning of the line', async () => {
  const script = `console.log('Listening with password-1234' + '.'.repeat(200)); process.stdin.resume()`;
  const args = ['--env', 'PASSWORD=password-1234', '--', process.execPath, '-e', script];
  const [plain, traced] = [await started.endpoint(args), await started.endpoint(['--trace', ...args])];
  for (const { url } of [plain, traced]) void started.client(url).catch(() => undefined);
  await plain.command.line(
    /characters that are no message; a server over stdio must write its logs to stderr, not to stdout$/,
  );
  await traced.command.line(/not to stdout: "Listening with \*\*\*\.+…"$/);
});

describe('a URL', () => {
  it('gets its headers, those of the client in their place where they may be passed on, and none is ever logged', async () => {
    const secrets = ['operator-secret', 'client-secret', 'secret-in-the-query'];
    const server = await echoingServer();
    const { url, command } = await started.endpoint([
      ...['--url', `${server.url}/mcp?key=${secrets[2]}`, '--header', `Authorization: Bearer ${secrets[0]}`],
      ...['--header', 'X-Fixed: fixed', '--header', 'X-Key: default', '--pass-header', 'X-Key', '--trace'],
    ]);
    const client = await started.client(url, { headers: { 'x-key': secrets[1] ?? '', 'x-private': 'private' } });

    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${secrets[0]}`,
      'x-fixed': 'fixed',
      'x-key': secrets[1],
    });
    expect(server.requests[0]?.headers).not.toHaveProperty('x-private');
    expect(client.arrivals[0]?.message.error).toBeDefined();
    const { exit, process } = command;
    process.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
    const logged = command.stderr.join('\n');
    for (const secret of secrets) expect(logged).not.toContain(secret);
  });

  it('where nobody answers costs its session, and the command lives on', async () => {
    const server = await echoingServer();
    await server.close();
    const { url } = await started.endpoint(['--url', `${server.url}/mcp`]);
    const client = await started.client(url);
    expect(client.arrivals[0]?.message.error?.message).toContain('ECONNREFUSED');
    await expect(healthOf(url)).resolves.toMatchObject({ status: 'ok', sessions: 0 });
  });
});

/** Refuses everything, and repeats in its refusal what it was sent. */
async function echoingServer(): Promise<{ url: string; requests: IncomingMessage[]; close: () => Promise<unknown> }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(403).end(`no: ${request.url ?? ''} ${JSON.stringify(request.headers)}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<unknown> => {
    server.closeAllConnections();
    return server.listening ? once(server.close(), 'close') : undefined;
  };
  started.add({ close });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}
