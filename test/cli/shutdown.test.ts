import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../support/alive.js';
import { MIRROR, mirrored, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

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

it.each(['SIGTERM', 'SIGINT'] as const)('leaves no process behind on %s, with streams open', async (signal) => {
  const { url, command } = await started.endpoint(MIRROR);
  const [one, other] = [await started.client(url), await started.client(url)];
  await one.openGet();
  const pids = [(await mirrored(one)).pid, (await mirrored(other)).pid];
  command.process.kill(signal);
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(pids.filter(isAlive)).toEqual([]);
});

it.each([
  ['would stay', []],
  ['would stay and has closed its stderr', ['--env', 'SILENT=1']],
])('ends at once on a second signal, and leaves no process behind, not even one that %s', async (_how, env) => {
  const { url, command } = await started.endpoint(['--env', 'STUBBORN=1', ...env, ...MIRROR]);
  const client = await started.client(url);
  const { pid } = await mirrored(client);
  started.add({
    async close() {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      return Promise.resolve();
    },
  });
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

it('takes the same signal twice in a moment for one, as npx passes on what the terminal has sent already', async () => {
  const { url, command } = await started.endpoint(MIRROR);
  await started.client(url);
  command.process.kill('SIGINT');
  command.process.kill('SIGINT');
  expect(await command.exit).toEqual({ code: 0, signal: null });
});
