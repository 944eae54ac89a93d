/** A terminal signals the whole foreground process group on Ctrl-C: us, and whatever we have started in it. */
import { spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { CLI, Command, MIRROR, ROOT, Started } from './support.js';
import { accept } from '../support/accept.js';

const started = new Started();
afterEach(async () => started.end());

it('lets a call in flight finish on Ctrl-C, which the terminal sends to the server over stdio too', async () => {
  const command = new Command(spawn(process.execPath, [CLI, '--port', '0', ...MIRROR], { cwd: ROOT, detached: true }));
  try {
    const client = await started.client(await command.url(), { answers: {} });
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);
    process.kill(-Number(command.process.pid), 'SIGINT');
    await command.line(/SIGINT: lets calls in flight finish/);
    await client.reply(message.id, accept()).catch(() => undefined);
    expect(await call.response).toMatchObject({ result: { content: [{ text: 'accept' }] } });
    expect(await command.exit).toEqual({ code: 0, signal: null });
  } finally {
    command.process.kill('SIGKILL');
    await command.exit;
  }
});
