/** A backend over stdio that is stopped, goes on, and is killed. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { proxies, type ProxyStage } from '../proxy/support.js';
import { isAlive } from '../support/alive.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { startCall, textOf } from '../support/stage.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const BACKEND = fileURLToPath(new URL('../support/programs/plain-backend.js', import.meta.url));

nothingIsLeft();
const open = proxies();
const pids: number[] = [];

afterEach(() => {
  // One that is stopped does not hear that it is to end.
  for (const pid of pids.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it is gone, as it should be
    }
  }
});

/** A proxy whose backends are processes, the last of which can be signalled. */
async function openProxy(): Promise<{ stage: ProxyStage; signal: (name: NodeJS.Signals) => void; pid: () => number }> {
  let last: StdioClientTransport | undefined;
  const stage = await open(
    () => {
      last = new StdioClientTransport({ command: process.execPath, args: [BACKEND] });
      return last;
    },
    { backchannel: { orphanTimeoutMs: 100, parkTimeoutMs: 100 } },
  );
  const pid = (): number => {
    const found = last?.pid;
    if (found == null) throw new Error('no process');
    return found;
  };
  return {
    stage,
    pid,
    signal: (name) => {
      pids.push(pid());
      process.kill(pid(), name);
    },
  };
}

describe('a backend process', () => {
  test('that is stopped and goes on: calls that came meanwhile are answered, each with its own', async () => {
    const { stage, signal } = await openProxy();
    const [ann, before] = [await stage.connect('ann'), 'before'];
    expect(await ann.callTool('echo', { text: before })).toBe(before);
    signal('SIGSTOP');
    const asking = await startCall(ann, 'ask', { tag: 'stopped' });
    const calls = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => startCall(ann, 'echo', { text: `text ${at}` })),
    );
    expect(stage.proxy.snapshot().inFlight).toBe(51);
    signal('SIGCONT');
    const texts = await Promise.all(calls.map(textOf));
    expect(texts).toEqual(calls.map((_, at) => `text ${at}`));
    expect(await textOf(asking)).toBe('stopped: accept ann');
    // Each answer came on the stream of its own call.
    for (const { message, stream } of ann.arrivals)
      if (message.method === undefined) expect(stream).toBe(`POST ${String(message.id)}`);
    expect(stage.proxy.snapshot().inFlight).toBe(0);
  });

  test('that is killed while it works: each call is answered with an error at once, and others are not touched', async () => {
    const { stage, signal } = await openProxy();
    const bob = await stage.connect('bob');
    const ann = await stage.connect('ann');
    // The last one is ann's.
    ann.answer('elicitation/create', () => undefined);
    const calls = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => startCall(ann, 'ask', { tag: `${at}` })),
    );
    await ann.next(({ message }) => message.method === 'elicitation/create', 0);
    signal('SIGKILL');
    for (const { response } of calls) expect((await response).error).toMatchObject({ code: -32000 });
    expect(await bob.callTool('ask', { tag: 'still' })).toBe('still: accept bob');
    expect((await ann.post({ jsonrpc: '2.0', id: 99, method: 'ping' })).status).toBe(404);
    expect(stage.proxy.snapshot()).toMatchObject({ sessions: 1, inFlight: 0 });
  });

  test('that is stopped for good: the client gives its call up, its session ends, and the process is killed', async () => {
    const { stage, signal, pid } = await openProxy();
    const ann = await stage.connect('ann');
    const child = pid();
    signal('SIGSTOP');
    const call = await startCall(ann, 'echo', { text: 'never' });
    await ann.notify('notifications/cancelled', { requestId: call.id });
    await call.drop();
    expect((await ann.delete()).status).toBe(200);
    // The session is told to end, waited for, and made to end: the SDK takes two seconds for each step.
    await stage.proxy.close();
    await expect.poll(() => isAlive(child), { timeout: 10_000 }).toBe(false);
    expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
  });
});
