/** `npx mcp-backchannel`: whoever ends npx ends the proxy. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { isAlive } from '../../support/alive.js';
import { Command, MIRROR, mirrored, ROOT, startedIn } from '../../cli/support.js';

const run = promisify(execFile);
const SDK = '@modelcontextprotocol/sdk@1.32.2';

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mcp-backchannel-npx-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: ROOT,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const scripts = { serve: 'mcp-backchannel', quiet: 'mcp-backchannel --json' };
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', version: '1.0.0', private: true, scripts }),
  );
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`, SDK];
  await run('npm', install, { cwd: project });
}, 60_000);
afterAll(async () => rm(project, { recursive: true, force: true }));

/** Ends what is left of them with the test. */
function endWith({ onTestFinished }: TestContext, ...pids: number[]): void {
  onTestFinished(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
}

/** @returns the runner and what it has started, with a session open */
async function served(
  runner: readonly [string, ...string[]],
  context: TestContext,
): Promise<{
  command: Command;
  port: number;
  proxy: number;
  server: number;
}> {
  const [name, ...args] = runner;
  // Whoever ends it does not signal a group.
  const command = new Command(spawn(name, [...args, '--port', '0', ...MIRROR], { cwd: project, detached: true }));
  endWith(context, Number(command.process.pid));
  const url = await command.url();
  const { pid: server, env } = await mirrored(await startedIn(context).client(url));
  const { stdout } = await run('ps', ['-o', 'ppid=', '-p', String(server)]);
  const proxy = Number(stdout);
  endWith(context, proxy, server);
  context.expect(env['PATH']).toContain('node_modules/.bin');
  return { command, port: Number(new URL(url).port), proxy, server };
}

async function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe.concurrent('69 nothing is left, and the port is free, when', () => {
  it.for<[NodeJS.Signals, readonly [string, ...string[]]]>([
    ['SIGTERM', ['npx', 'mcp-backchannel']],
    ['SIGKILL', ['npx', 'mcp-backchannel']],
    ['SIGTERM', ['npm', 'exec', '--', 'mcp-backchannel']],
    ['SIGTERM', ['npm', 'run', 'serve', '--']],
    ['SIGKILL', ['npm', 'run', 'serve', '--']],
  ])('%s is sent to %j', async ([signal, runner], context) => {
    const { command, port, proxy, server } = await served(runner, context);
    command.process.kill(signal);
    const { expect } = context;
    await expect.poll(() => [proxy, server].filter(isAlive), { timeout: 10_000 }).toEqual([]);
    expect(await isTaken(port)).toBe(false);
  });
});

it.concurrent('69 a proxy that no such program has started lives on when its parent goes', async (context) => {
  const { expect } = context;
  const script = `${process.execPath} ${join(ROOT, 'dist/cli.js')} --port 0 -- ${process.execPath} -e 0 & echo $!; read line`;
  const { npm_lifecycle_event: _event, npm_command: _command, ...env } = process.env;
  const shell = new Command(spawn('sh', ['-c', script], { cwd: ROOT, detached: true, env }));
  const url = await shell.url();
  const pid = Number(shell.stdout);
  endWith(context, pid);
  shell.process.stdin.end();
  await expect.poll(() => isAlive(Number(shell.process.pid))).toBe(false);
  // Longer than a proxy takes to notice.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(isAlive(pid)).toBe(true);
  expect((await fetch(new URL('/healthz', url))).status).toBe(200);
});
