/** How a server over stdio ends, and what is left of it. */
import { basename } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ChildTransport } from '../../../src/backends/stdio/child-transport.js';
import { Children } from '../../../src/backends/stdio/process-groups.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { isAlive } from '../../support/alive.js';

const NAME = basename(process.execPath);

/** What should not outlive a test. */
const pids: number[] = [];
class Started extends Children {
  readonly running = new Set<number>();
  override add(pid: number): void {
    pids.push(pid);
    this.running.add(pid);
    super.add(pid);
  }
  override delete(pid: number): void {
    this.running.delete(pid);
    super.delete(pid);
  }
}

const children = new Started();
afterAll(() => {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

/** What a server says first: the process ids of itself, and of what it has started. */
interface Said {
  readonly pid: number;
  readonly other?: number;
}

const SAY = `
  const { spawn } = require('node:child_process');
  const say = (params) => console.log(JSON.stringify({ jsonrpc: '2.0', method: 'said', params }));
`;

/** Runs it until it has said something. */
async function serverRunning(script: string): Promise<{
  server: ChildTransport;
  said: Said;
  errors: string[];
  closed: Promise<void>;
}> {
  const spec = { command: process.execPath, args: ['-e', SAY + script], env: {}, cwd: undefined };
  const server = new ChildTransport({ ...spec, children });
  const errors: string[] = [];
  server.onerror = ({ message }) => errors.push(message);
  const closed = new Promise<void>((resolve) => (server.onclose = resolve));
  const told = new Promise<JsonRpcMessage>((resolve) => (server.onmessage = resolve));
  await server.start();
  const said = (await told).params as Said;
  if (said.other !== undefined) pids.push(said.other);
  return { server, said, errors, closed };
}

const GO = { jsonrpc: '2.0', method: 'go' };

it.concurrent(
  'tells at once of a server that died while what it had started holds its pipes, and ends that',
  async ({ expect }) => {
    const { server, said, closed, errors } = await serverRunning(`
    const { pid } = spawn('sleep', ['60'], { stdio: 'inherit' });
    say({ pid: process.pid, other: pid });
    process.stdin.once('data', () => process.exit(7));
  `);
    await server.send(GO);
    await closed;
    expect(errors).toEqual([`the server [${NAME} ${said.pid}] ended with code 7`]);
    await server.close();
    await expect.poll(() => isAlive(Number(said.other))).toBe(false);
    expect(children.running.has(said.pid)).toBe(false);
  },
);

it.concurrent('tells at once of a server that has closed its stdout, and ends it', async ({ expect }) => {
  const { server, said, closed, errors } = await serverRunning(`
    say({ pid: process.pid });
    setInterval(() => {}, 60_000);
    process.stdin.once('data', () => require('node:fs').closeSync(1));
  `);
  await server.send(GO);
  await closed;
  expect(errors).toEqual([`the server [${NAME} ${said.pid}] has closed its stdout`]);
  await server.close();
  expect(isAlive(said.pid)).toBe(false);
});

it('keeps no pipe of a server that has left what it started in a session of its own', async () => {
  const pipes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  const before = pipes();
  const { server, said, errors } = await serverRunning(`
    const daemon = spawn('sleep', ['60'], { stdio: 'inherit', detached: true });
    daemon.unref();
    say({ pid: process.pid, other: daemon.pid });
    process.stdin.on('end', () => process.exit()).resume();
  `);
  expect(pipes()).toBeGreaterThan(before);
  await server.close();
  await expect.poll(pipes).toBe(before);
  expect(children.running).toEqual(new Set());
  expect(isAlive(Number(said.other))).toBe(true);
  expect(errors).toEqual([]);
});

it('reads no more of a message without an end than it may have, and says so once', async () => {
  const { server, said, closed, errors } = await serverRunning(`
    say({ pid: process.pid });
    const more = () => { while (process.stdout.write('x'.repeat(1_048_576))); process.stdout.once('drain', more); };
    process.stdin.once('data', more);
  `);
  await server.send(GO);
  await closed;
  await server.close();
  expect(isAlive(said.pid)).toBe(false);
  expect(errors).toEqual([
    'a message of the backend is longer than 10485760 characters (--max-message), and does not end',
  ]);
});

it.each([
  ['process.exit(0)', 'ended with code 0'],
  ["process.kill(process.pid, 'SIGKILL')", 'was ended by SIGKILL'],
])('tells how a server ended: after %s that it %s', async (end, how) => {
  const { server, said, closed, errors } = await serverRunning(`
    say({ pid: process.pid });
    process.stdin.once('data', () => ${end});
  `);
  await server.send(GO);
  await closed;
  expect(errors).toEqual([`the server [${NAME} ${said.pid}] ${how}`]);
  await server.close();
});

it('tells nothing of a server that ends when it should', async () => {
  const { server, said, closed, errors } = await serverRunning(`
    say({ pid: process.pid });
    process.stdin.on('end', () => process.exit(7)).resume();
  `);
  await server.close();
  await closed;
  expect(isAlive(said.pid)).toBe(false);
  expect(errors).toEqual([]);
});
