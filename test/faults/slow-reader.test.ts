/** Clients of the proxy that read a byte at a time, or not at all, or hang up in odd places. */
import { expect, test } from 'vitest';
import { ScriptedBackend, type ScriptedSession } from '../proxy/scripted-backend.js';
import { proxies, type ProxyStage } from '../proxy/support.js';
import { collectGarbage } from '../support/gc.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { endOfHead, RawConnection, rawPost } from '../support/raw-http.js';
import { IS_LONG } from './long.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

nothingIsLeft();
const open = proxies();
const MESSAGES = IS_LONG ? 10_000 : 1_000;
/** Together far more than sockets hold. */
const TEXT = 'x'.repeat(10_000);
const MEGABYTE = 2 ** 20;

interface Slow {
  readonly stage: ProxyStage;
  readonly session: ScriptedSession;
  readonly connection: RawConnection;
}

/** A call of a client that has paused its socket before the answer begins. */
async function callWithoutReading(stage: ProxyStage, backend: ScriptedBackend, atOnce?: number): Promise<Slow> {
  const client = await stage.connect('slow');
  const session = backend.session(backend.sessions.length - 1);
  const connection = await RawConnection.open(stage.url, atOnce);
  connection.socket.pause();
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'tools/call', params: { name: 'any' } });
  connection.write(rawPost(client, body));
  await session.got({ id: 'slow' });
  return { stage, session, connection };
}

async function fill({ session }: Slow): Promise<void> {
  for (let number = 0; number < MESSAGES; number++) {
    const params = { level: 'info', data: { number, text: TEXT } };
    await session.send({ method: 'notifications/message', params });
  }
}

test('a client that never reads holds up nobody, and when it is gone nothing of it is left in memory', async () => {
  const backend = new ScriptedBackend();
  // What is sent after the client's stream was closed, because too much waited there, must not wait for long either.
  const stage = await open(backend.upstream, { backchannel: { parkTimeoutMs: 100 } });
  const other = await stage.connect('other');
  const heap: number[] = [];
  for (let round = 0; round < 3; round++) {
    const slow = await callWithoutReading(stage, backend);
    await fill(slow);
    // Another client's session goes on meanwhile.
    const call = other.start('tools/call', { name: 'any' }, `call ${round}`);
    await backend.session(0).got({ id: `call ${round}` });
    await backend.session(0).send({ id: `call ${round}`, result: { content: [] } });
    expect((await call.response).result).toEqual({ content: [] });

    await slow.connection.drop();
    await slow.session.send({ id: 'slow', result: {} });
    await expect.poll(() => stage.proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: round + 2 });
    stage.routes.length = stage.errors.length = 0;
    heap.push(await collectGarbage());
  }
  // Each round is ten times as much.
  expect(((heap[2] ?? 0) - (heap[1] ?? 0)) / MEGABYTE).toBeLessThan((MESSAGES * TEXT.length) / 10 / MEGABYTE);
});

test('what waits for a client that does not read is told, until the client is gone', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const { session, connection } = await callWithoutReading(stage, backend);
  // More than the sockets hold, and less than may wait.
  const text = 'x'.repeat(7 * MEGABYTE);
  await session.send({ method: 'notifications/message', params: { level: 'info', data: text } });
  await expect.poll(() => stage.proxy.snapshot().bufferedBytes).toBeGreaterThan(MEGABYTE);
  expect(stage.proxy.snapshot().bufferedBytes).toBeLessThan(text.length + 1_000);
  await connection.drop();
  await session.send({ id: 'slow', result: {} });
  await expect.poll(() => stage.proxy.snapshot().bufferedBytes).toBe(0);
});

test('a client that reads a byte at a time gets everything, in order', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const slow = await callWithoutReading(stage, backend, 1);
  for (let data = 0; data < 20; data++) {
    await slow.session.send({ method: 'notifications/message', params: { level: 'info', data } });
  }
  await slow.session.send({ id: 'slow', result: { done: true } });

  const { connection } = slow;
  connection.socket.resume();
  await connection.until((received) => received.endsWith('0\r\n\r\n'));
  const data = [...connection.received.matchAll(/"data":(\d+)/g)].map(([, number]) => Number(number));
  expect(data).toEqual([...Array(20).keys()]);
  expect(connection.received).toContain('"result":{"done":true}');
  await slow.connection.drop();
});

test.each(['half-closes when it has called', 'hangs up between the head and the first event'])(
  'a client that %s: the backend hears of its question, and the next call is served',
  async (what) => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { backchannel: { parkTimeoutMs: 20, orphanTimeoutMs: 20 } });
    const { session, connection } = await callWithoutReading(stage, backend);
    connection.socket.resume();
    if (what.startsWith('half-closes')) connection.socket.end();
    else await connection.until((received) => endOfHead(received) !== Infinity).then(async () => connection.drop());
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'well?' } });
    expect((await session.got({ id: 'q' })).error).toMatchObject({ code: -32000 });
    await session.send({ id: 'slow', result: {} });
    await expect.poll(() => stage.proxy.snapshot().inFlight).toBe(0);

    const client = await stage.connect('next');
    const call = client.start('tools/call', { name: 'any' }, 'next');
    await backend.session(1).got({ id: 'next' });
    await backend.session(1).send({ id: 'next', result: { content: [] } });
    expect((await call.response).result).toEqual({ content: [] });
    await connection.drop();
  },
);
