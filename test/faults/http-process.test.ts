/** A backend over HTTP, in a process of its own, that is killed in the middle of calls, and started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, expect, test } from 'vitest';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { proxies } from '../proxy/support.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { isQuestion } from '../support/live.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/http-backend.js', import.meta.url));

nothingIsLeft();
const running: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(kill));
});
const open = proxies();

async function start(port = 0): Promise<{ backend: ChildProcess; port: number }> {
  const backend = spawn(process.execPath, [PROGRAM, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(backend);
  const [line] = (await once(createInterface({ input: backend.stdout }), 'line')) as [string];
  return { backend, port: Number(line) };
}

async function kill(backend: ChildProcess): Promise<void> {
  if (backend.exitCode !== null || backend.signalCode !== null) return;
  const closed = once(backend, 'close');
  backend.kill('SIGKILL');
  await closed;
}

test.each([
  {
    via: 'transport of the command',
    reach: (url: URL) => new HttpTransport(url),
    says: /broke off its answer|backend is gone/,
  },
  { via: 'transport of the SDK', reach: (url: URL) => new StreamableHTTPClientTransport(url), says: /backend is gone/ },
])(
  'a backend over HTTP that is killed in mid-call ends its calls with errors, and their session; once up again, it serves a new one ($via)',
  async ({ reach, says }) => {
    const { backend, port } = await start();
    const stage = await open(() => reach(new URL(`http://127.0.0.1:${port}/mcp`)));
    const ann = await stage.connect('ann', { answers: {} });
    const works = ann.next(({ message }) => message.method === 'notifications/message', 0);
    const work = ann.start('tools/call', { name: 'work', arguments: { text: 'at work' } }, 'work');
    const asks = ann.next(isQuestion, 0);
    const ask = ann.start('tools/call', { name: 'ask', arguments: { text: 'well?' } }, 'ask');
    const [, { message: question }] = await Promise.all([works, asks]);
    expect(stage.proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: 1, inFlight: 2 });

    await kill(backend);
    for (const { response } of [work, ask]) {
      expect((await response).error).toMatchObject({ code: -32000, message: expect.stringMatching(says) as string });
    }
    // Nobody is left who could use an answer: the session of a backend that is gone is gone with it.
    await expect.poll(() => stage.proxy.snapshot(), { timeout: 10_000 }).toEqual(NOTHING_OPEN);
    const late = await ann.post({ jsonrpc: '2.0', id: question.id ?? null, result: { action: 'accept' } });
    expect(late.status).toBe(404);
    expect((await ann.post({ jsonrpc: '2.0', id: 'next', method: 'ping' })).status).toBe(404);
    expect(stage.errors).not.toEqual([]);

    await start(port);
    const bob = await stage.connect('bob');
    expect(await bob.callTool('echo', { text: 'served again' })).toBe('served again');
    expect(stage.proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: 1 });
  },
);
