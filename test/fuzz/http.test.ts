/** Whatever is written to the proxy's socket: a proper answer, no secrets, and everybody else is served. */
import { expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { proxies, type ProxyStage } from '../proxy/support.js';
import { MemoryEventStore } from '../support/event-store.js';
import { collectGarbage } from '../support/gc.js';
import { RawConnection, rawPost, type RawResponse } from '../support/raw-http.js';
import {
  anyTraffic,
  bytesOf,
  BODIES,
  HUGE_BODIES,
  type ReaderRecipe,
  type RequestRecipe,
  type TrafficRecipe,
} from './requests.js';
import { fuzz } from './runs.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const open = proxies();

/** A session that the attacker may use, and lose. */
async function ownSession(stage: ProxyStage, current: StrictClient | undefined): Promise<StrictClient> {
  if (current !== undefined && (await current.post({ jsonrpc: '2.0', method: 'notifications/nothing' })).status < 400)
    return current;
  return stage.connect('attacker');
}

async function write(connection: RawConnection, bytes: Buffer, piece: number | null): Promise<void> {
  // Only what is short comes byte by byte: who waits long is another matter.
  const size = piece === null || bytes.length > 5_000 ? bytes.length : piece;
  for (let at = 0; at < bytes.length && !connection.isClosed; at += size) {
    connection.write(bytes.subarray(at, at + size));
    if (size < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads what is answered as the recipe says. @returns what has come, which of a client that drops may be less than all */
async function read(connection: RawConnection, reader: ReaderRecipe, count: number): Promise<RawResponse[]> {
  switch (reader.how) {
    case 'pauses':
      for (let turn = 0; turn < reader.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      connection.socket.resume();
      break;
    case 'half-closes':
      connection.socket.end();
      break;
    case 'drops':
      // Or earlier, where everything there is has come.
      await Promise.race([connection.until(({ length }) => length >= reader.after), connection.responses(count)]);
      await connection.drop();
      break;
    case 'reads':
    case 'reads little at once':
  }
  return connection.responses(count);
}

/** Node itself puts the `100 Continue` of a request that was pipelined behind the head of its answer. */
function isNoFaultOfNode({ requests }: TrafficRecipe): boolean {
  return requests.length === 1 || !requests.some(({ extra }) => extra?.startsWith('expect'));
}

function isComplete({ framing, extra }: RequestRecipe): boolean {
  return extra === null && (framing === 'exact' || framing === 'chunked');
}

function check({ status, body, isStream, headers }: RawResponse): void {
  expect(status === 100 || (status >= 200 && status < 500), `status ${status}: ${body}`).toBe(true);
  expect(body).not.toMatch(/\n\s+at |node_modules|\.ts:\d|\.js:\d/);
  // What Node refuses before anybody sees it has no body.
  if (status < 400 || isStream || body === '') return;
  expect(headers.get('content-type')).toBe('application/json');
  const answer = JSON.parse(body) as { readonly id: unknown };
  // Whoever names a version without sessions is refused by the id of his request.
  expect(['string', 'number']).toContain(typeof (answer.id ?? ''));
  expect(answer).toMatchObject({
    jsonrpc: '2.0',
    error: { code: expect.any(Number) as number, message: expect.any(String) as string },
  });
}

it.each(['in-memory', 'streamable-http', 'stdio'] as const)(
  'answers a call whose arguments are 100,000 levels deep, with a backend over %s',
  async (kind) => {
    const stage = await open(kind);
    const client = await stage.connect();
    const connection = await RawConnection.open(stage.url);
    connection.write(rawPost(client, BODIES['deep params'].toString()));
    await connection.until((received) => received.includes('"id":9'));
    expect(connection.received).toMatch(/"(result|error)":/);
    await connection.drop();
    expect(await client.callTool('echo', { text: 'still here' })).toBe('still here');
  },
);

it.each([
  { kind: 'in-memory', runs: 60, store: 'without an event store' },
  { kind: 'in-memory', runs: 20, store: 'with an event store', eventStore: () => new MemoryEventStore() },
  { kind: 'streamable-http', runs: 20, store: 'without an event store' },
] as const)('answers anything properly, and goes on, with a backend over $kind, $store', async (given) => {
  const { kind, runs } = given;
  const more = 'eventStore' in given ? { eventStore: given.eventStore } : {};
  const stage = await open(kind, { maxSessions: 1_000_000, ...more });
  const { host } = new URL(stage.url);
  const good = await stage.connect('good');
  let attacker: StrictClient | undefined;
  let answered = 0;
  const kept: WeakRef<object>[] = [];
  stage.http.on('request', (...both) => kept.push(...both.map((one) => new WeakRef(one))));

  const tried = await fuzz(runs, anyTraffic.filter(isNoFaultOfNode), async ({ requests, piece, reader }) => {
    attacker = await ownSession(stage, attacker);
    const { sessionId = '' } = attacker;
    const connection = await RawConnection.open(stage.url, 'atOnce' in reader ? reader.atOnce : undefined);
    if (reader.how === 'pauses') connection.socket.pause();
    for (const request of requests) await write(connection, bytesOf(request, host, sessionId), piece);
    // Nothing more comes: what is incomplete stays so. What is complete must be answered by itself.
    if (!requests.every(isComplete)) connection.socket.end();
    const responses = await read(connection, reader, requests.length);
    responses.forEach(check);
    // Who hangs up, or half of it, has no claim to an answer.
    const isWaiting = reader.how !== 'drops' && reader.how !== 'half-closes';
    const isRefused = connection.isClosed && (responses.at(-1)?.status ?? 400) >= 400;
    const isAnswered = responses.length === requests.length || responses.some(({ isStream }) => isStream);
    if (isWaiting && requests.every(isComplete)) expect(isAnswered || isRefused).toBe(true);
    answered += responses.length;
    await connection.drop();
    expect(await good.callTool('echo', { text: 'still here' })).toBe('still here');
  });

  expect(answered).toBeGreaterThan(tried / 2);
  await stage.proxy.close();
  expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
  const closed = new Promise((resolve) => stage.http.close(resolve));
  stage.http.closeIdleConnections();
  await closed;
  // Errors hold what was on the stack: the test itself has noted them.
  stage.errors.length = 0;
  await collectGarbage();
  expect(kept.length).toBeGreaterThan(tried / 2);
  expect(kept.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(5);
});

const HUGE = 'x'.repeat(10 * 2 ** 20);

it('answers messages with strings of 10 MB, refuses them where that is too much, and keeps none', async () => {
  const bodies = HUGE_BODIES.map((body) => body.replace('HUGE', HUGE));
  const [wide, narrow] = [await open('in-memory', { maxBodyBytes: 2 * HUGE.length }), await open('in-memory')];
  const heap: number[] = [];
  for (const stage of [narrow, wide, wide, wide]) {
    const client = await stage.connect();
    for (const body of bodies) {
      const connection = await RawConnection.open(stage.url);
      connection.write(rawPost(client, body));
      const [response] = await connection.responses(1);
      if (response === undefined) throw new Error('no answer');
      check(response);
      expect(response.status === 413).toBe(stage === narrow);
      await connection.drop();
    }
    expect(await client.callTool('echo', { text: 'still here' })).toBe('still here');
    await client.delete();
    expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
    stage.routes.length = stage.errors.length = 0;
    heap.push(await collectGarbage());
  }
  // The engine may still hold the last one; one that is kept of each round would be more.
  expect((heap[3] ?? 0) - (heap[1] ?? 0)).toBeLessThan(1.5 * HUGE.length);
});
