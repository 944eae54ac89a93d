import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import type { UpstreamRequest } from 'mcp-backchannel/proxy';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { MemoryEngine } from '../../src/cluster/memory-engine.js';
import type { TransportLike } from '../../src/transport-like.js';
import { closers } from '../proxy/support.js';
import { AdoptingNodes, type Got, type TestNode } from './adopting-nodes.js';
import { httpBackend, type HttpBackend } from './http-backend.js';

const closing = closers();

const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'count' } } as const;

const OURS =
  (url: URL) =>
  ({ adopted }: UpstreamRequest): TransportLike =>
    new HttpTransport(url, { sessionId: adopted?.sessionId });
const SDK =
  (url: URL) =>
  ({ adopted }: UpstreamRequest): TransportLike =>
    new StreamableHTTPClientTransport(url, adopted && { sessionId: adopted.sessionId });

/** Answers `initialize`, and nothing else. */
const PROCESS = `
  process.stdin.on('data', (line) => {
    const { id, method } = JSON.parse(line);
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'p', version: '1' } };
    if (method === 'initialize') console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });`;

const counted = ({ text }: Got): string | undefined => /"text":"(\d+)"/.exec(text)?.[1];

async function isRecorded(nodes: AdoptingNodes): Promise<void> {
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);
}

async function pair(
  backend: HttpBackend,
  upstream: (url: URL) => (request: UpstreamRequest) => TransportLike = OURS,
  door: 'node:http' | 'fetch' = 'node:http',
): Promise<{ readonly nodes: AdoptingNodes; readonly a: TestNode; readonly b: TestNode }> {
  const nodes = new AdoptingNodes(closing);
  const options = { upstream: upstream(backend.url) };
  return { nodes, a: await nodes.start('aaaa', options, door), b: await nodes.start('bbbb', options, door) };
}

describe.each([
  { transport: 'our transport', upstream: OURS, door: 'node:http' },
  { transport: "the SDK's transport", upstream: SDK, door: 'node:http' },
  { transport: 'our transport', upstream: OURS, door: 'fetch' },
] as const)('a session with $transport, served by $door', ({ upstream, door }) => {
  it('goes on with another node when its own is killed', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend, upstream, door);
    const session = await a.open();
    expect(counted(await a.send(CALL, session))).toBe('1');
    await isRecorded(nodes);
    a.kill();
    expect(counted(await b.send(CALL, session))).toBe('2');
    expect(counted(await b.send(CALL, session))).toBe('3');
    expect(backend.count('initialize')).toBe(1);
    expect(backend.count('notifications/initialized')).toBe(1);
    expect(backend.count('DELETE')).toBe(0);
    await expect.poll(() => backend.got.filter((one) => one.startsWith('GET')).length).toBeGreaterThan(1);
    expect(b.adoption.adopted).toBe(1);
    expect(b.errors).toEqual([]);
    // Who watches the other node hears of it from its beginning there.
    const id = session['mcp-session-id'];
    expect(b.events.slice(0, 3).map(({ kind, session: of }) => [kind, of])).toEqual([
      ['session-opened', id],
      ['backend-started', id],
      ['call', id],
    ]);
  });

  it('goes on with another node when its own is closed, and the backend hears nothing of it', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend, upstream, door);
    const session = await a.open();
    await isRecorded(nodes);
    await a.sessions.close(1_000);
    // Its lease still runs.
    expect(counted(await b.send(CALL, session))).toBe('1');
    expect(backend.count('DELETE')).toBe(0);
    expect(backend.count('initialize')).toBe(1);
  });
});

describe('a session whose node is gone', () => {
  it('goes on after the last event of the standalone stream', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend);
    const session = await a.open();
    await isRecorded(nodes);
    await expect.poll(() => backend.say('notifications/tools/list_changed', 'event-5')).toBe(1);
    const before = [...nodes.store.records.values()][0]?.text;
    await expect.poll(() => [...nodes.store.records.values()][0]?.text, { interval: 5 }).not.toBe(before);
    a.kill();
    await b.send(CALL, session);
    expect(backend.got).toContain('GET event-5');
  });

  it('is adopted once, however many requests come at the same time', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend);
    const c = await nodes.start('cccc', { upstream: OURS(backend.url) });
    const session = await a.open();
    await isRecorded(nodes);
    a.kill();
    const sent = [b, c, b, c, b, c].map(async (node, id) => node.send({ ...CALL, id }, session));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    const { adopted } = b.adoption;
    expect(adopted + c.adoption.adopted).toBe(1);
    // The loser says who has it.
    expect(statuses).toEqual(adopted === 1 ? [200, 421, 200, 421, 200, 421] : [421, 200, 421, 200, 421, 200]);
    const [winner, loser] = adopted === 1 ? [b, c] : [c, b];
    expect((await loser.send(CALL, session)).text).toBe(winner.name);
    expect(backend.count('tools/call')).toBe(3);
    expect(backend.count('initialize')).toBe(1);
  });

  it('goes from node to node', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend);
    const session = await a.open();
    await isRecorded(nodes);
    a.kill();
    expect(counted(await b.send(CALL, session))).toBe('1');
    b.kill();
    const c = await nodes.start('cccc', { upstream: OURS(backend.url) });
    expect(counted(await c.send(CALL, session))).toBe('2');
    expect(backend.count('initialize')).toBe(1);
  });

  it('is not found with another credential, and is not touched', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend);
    const session = await a.open({ authorization: 'Bearer ann' });
    await isRecorded(nodes);
    a.kill();
    const before = [...nodes.store.records.values()][0]?.text;
    const { authorization, ...anonymous } = session;
    for (const stolen of [anonymous, { ...session, authorization: 'Bearer bob' }])
      expect((await b.send(CALL, stolen)).status).toBe(404);
    expect([...nodes.store.records.values()][0]?.text).toBe(before);
    expect(authorization).toBe('Bearer ann');
    expect(counted(await b.send(CALL, session))).toBe('1');
  });

  it('is not found if the backend does not know it any more', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend);
    const session = await a.open();
    await isRecorded(nodes);
    a.kill();
    backend.forget();
    await b.send(CALL, session);
    await expect.poll(async () => (await b.send(CALL, session)).status).toBe(404);
    expect(backend.count('initialize')).toBe(1);
  });

  it('is not found if the factory of transports ignores that it is adopted', async () => {
    const backend = await httpBackend(closing);
    const { nodes, a, b } = await pair(backend, (url) => () => new HttpTransport(url));
    const session = await a.open();
    await isRecorded(nodes);
    a.kill();
    expect((await b.send(CALL, session)).status).toBe(404);
    expect(backend.count('tools/call')).toBe(0);
    expect(b.errors.map(({ message }) => message)).toEqual([expect.stringContaining('ignores `adopted`')]);
  });
});

it('a session that the client has ended is not found anywhere', async () => {
  const backend = await httpBackend(closing);
  const { nodes, a, b } = await pair(backend);
  const session = await a.open();
  await isRecorded(nodes);
  expect((await a.send(undefined, session, 'DELETE')).status).toBe(200);
  a.kill();
  expect((await b.send(CALL, session)).status).toBe(404);
  expect(backend.count('DELETE')).toBe(1);
});

it('a node that is taken for dead lets go of a session that another has adopted', async () => {
  const backend = await httpBackend(closing);
  const nodes = new AdoptingNodes(closing);
  const options = { upstream: OURS(backend.url) };
  let isFrozen = false;
  const engine = new (class extends MemoryEngine {
    override replace(...change: Parameters<MemoryEngine['replace']>): Promise<boolean> {
      return isFrozen ? Promise.reject(new Error('away')) : super.replace(...change);
    }
  })(nodes.store);
  const a = await nodes.start('aaaa', options, 'node:http', engine);
  const b = await nodes.start('bbbb', options);
  const session = await a.open();
  await isRecorded(nodes);
  isFrozen = true;
  nodes.bury('aaaa');
  expect(counted(await b.send(CALL, session))).toBe('1');
  isFrozen = false;
  backend.say('notifications/tools/list_changed', 'event-9');
  await expect.poll(() => a.sessions.snapshot().sessions).toBe(0);
  expect(backend.count('DELETE')).toBe(0);
  expect(counted(await b.send(CALL, session))).toBe('2');
});

it('whoever reads the engine learns neither the id of a session nor what is in its record', async () => {
  const backend = await httpBackend(closing);
  const { nodes, a } = await pair(backend);
  const session = await a.open({ authorization: 'Bearer ann' });
  await isRecorded(nodes);
  const all = JSON.stringify([...nodes.store.records]);
  for (const secret of [session['mcp-session-id'], 'ann', 'initialize', '2025-11-25'])
    for (const text of [secret ?? '', Buffer.from(secret ?? '').toString('base64url')]) expect(all).not.toContain(text);
});

it('who can write to the engine cannot put the record of one session in the place of another', async () => {
  const backend = await httpBackend(closing);
  const { nodes, a, b } = await pair(backend);
  const { records } = nodes.store;
  const ann = await a.open({ authorization: 'Bearer ann' });
  await isRecorded(nodes);
  const [name = '', record] = [...records][0] ?? [];
  const eve = await a.open({ authorization: 'Bearer eve' });
  await expect.poll(() => records.size, { interval: 5 }).toBe(2);
  const other = [...records.keys()][1] ?? '';
  a.kill();
  const genuine = records.get(other);
  if (record === undefined || genuine === undefined) throw new Error('there is no record');
  // Eve would get the session of ann with her own credential, or ann that of eve.
  records.set(other, record).set(name, genuine);
  for (const session of [ann, eve, { ...ann, authorization: 'Bearer eve' }, { ...eve, authorization: 'Bearer ann' }])
    expect((await b.send(CALL, session)).status).toBe(404);
  expect(backend.count('tools/call')).toBe(0);
});

it('an old record that somebody writes again moves a session, but opens it to nobody else, and nothing runs twice', async () => {
  const backend = await httpBackend(closing);
  const { nodes, a, b } = await pair(backend);
  const c = await nodes.start('cccc', { upstream: OURS(backend.url) });
  const { records } = nodes.store;
  const ann = await a.open({ authorization: 'Bearer ann' });
  await isRecorded(nodes);
  const old = new Map(records);
  a.kill();
  expect(counted(await b.send(CALL, ann))).toBe('1');
  for (const [name, record] of old) records.set(name, record);
  expect((await c.send(CALL, { ...ann, authorization: 'Bearer eve' })).status).toBe(404);
  expect(counted(await c.send(CALL, ann))).toBe('2');
  expect(backend.count('tools/call')).toBe(2);
  // It hears of it with the next change.
  backend.say('notifications/tools/list_changed', 'event-3');
  await expect.poll(() => b.sessions.snapshot().sessions).toBe(0);
  expect(backend.count('DELETE')).toBe(0);
  expect(counted(await c.send(CALL, ann))).toBe('3');
});

it('a session with a process has no record', async () => {
  const nodes = new AdoptingNodes(closing);
  const upstream = (): TransportLike => new StdioClientTransport({ command: process.execPath, args: ['-e', PROCESS] });
  const a = await nodes.start('aaaa', { upstream });
  await a.open();
  expect(a.sessions.snapshot().sessions).toBe(1);
  expect(nodes.store.records.size).toBe(0);
});
