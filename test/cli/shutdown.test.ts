import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../support/alive.js';
import { MIRROR, mirrored, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

/** What should not outlive the command must not outlive a test that says so either. */
function endsWithTest(pid: number): void {
  started.add({
    async close() {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      return Promise.resolve();
    },
  });
}

it('lets a call in flight finish on SIGTERM, its question included, refuses new sessions, and ends with exit code 0', async () => {
  const { url, command } = await started.endpoint(MIRROR);
  const client = await started.client(url, { answers: {} });
  const call = client.start('tools/call', { name: 'ask' });
  const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);

  command.process.kill('SIGTERM');
  await command.line(/SIGTERM: lets calls in flight finish/);
  await expect(started.client(url)).rejects.toThrow('503');
  expect((await fetch(new URL('/healthz', url))).status).toBe(503);
  await client.reply(message.id, { action: 'accept', content: { answer: 'Ada' } });

  expect(await call.response).toMatchObject({ result: { content: [{ text: 'accept' }] } });
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(command.stdout).toBe('');
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
  'leaves no process behind on %s, with streams open',
  async (signal) => {
    const { url, command } = await started.endpoint(MIRROR);
    const [one, other] = [await started.client(url), await started.client(url)];
    await one.openGet();
    const pids = [(await mirrored(one)).pid, (await mirrored(other)).pid];
    command.process.kill(signal);
    expect(await command.exit).toEqual({ code: 0, signal: null });
    expect(pids.filter(isAlive)).toEqual([]);
  },
);

it.each([
  ['would stay', []],
  ['would stay and has closed its stderr', ['--env', 'SILENT=1']],
])('ends at once on a second signal, and leaves no process behind, not even one that %s', async (_how, env) => {
  const { url, command } = await started.endpoint(['--env', 'STUBBORN=1', ...env, ...MIRROR]);
  const client = await started.client(url);
  const { pid } = await mirrored(client);
  endsWithTest(pid);
  client.start('tools/call', { name: 'hang' });
  await expect
    .poll(async () => ((await (await fetch(new URL('/healthz', url))).json()) as { inFlight: number }).inFlight)
    .toBe(1);
  command.process.kill('SIGTERM');
  await command.line(/SIGTERM: lets calls in flight finish/);
  command.process.kill('SIGINT');
  expect(await command.exit).toEqual({ code: 130, signal: null });
  await expect.poll(() => isAlive(pid)).toBe(false);
});

it.each([
  ['the same signal twice', 'as npx passes on what the terminal has sent already', ['SIGINT', 'SIGINT']],
  ['SIGTERM with SIGHUP', 'as they come when its user logs out', ['SIGTERM', 'SIGHUP']],
] as const)('takes %s in a moment for one, %s', async (_what, _when, signals) => {
  const { url, command } = await started.endpoint(MIRROR);
  await started.client(url);
  for (const signal of signals) command.process.kill(signal);
  expect(await command.exit).toEqual({ code: 0, signal: null });
});

/** For a command that is to throw this on SIGUSR2, where nothing catches it. */
function crashing(message: string): NodeJS.ProcessEnv {
  const crash = `process.on('SIGUSR2',()=>{throw(Error('${message}'))})`;
  return { NODE_OPTIONS: `--import "data:text/javascript,${crash}"` };
}

it('leaves no process behind when it crashes, not even one that would stay', async () => {
  const { url, command } = await started.endpoint(['--env', 'STUBBORN=1', ...MIRROR], crashing('crash'));
  const { pid } = await mirrored(await started.client(url));
  endsWithTest(pid);
  command.process.kill('SIGUSR2');
  expect(await command.exit).toEqual({ code: 1, signal: null });
  await expect.poll(() => isAlive(pid)).toBe(false);
});

it('tells of a crash in one line, like of anything, without a credential', async () => {
  const args = ['--json', '--env', 'KEY=key-of-ours', ...MIRROR];
  const { command } = await started.endpoint(args, crashing('crash:key-of-ours'));
  command.process.kill('SIGUSR2');
  expect(await command.exit).toEqual({ code: 1, signal: null });
  const lines = command.stderr.map((line) => JSON.parse(line) as { level: string; message: string });
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({
    level: 'error',
    message: expect.stringMatching(/Error: crash:\*{3}\n +at /) as string,
  });
});
