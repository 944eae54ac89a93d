import { expect, it } from 'vitest';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { MemoryEngine, type MemoryStore } from '../../src/cluster/memory-engine.js';
import type { StatefulProxyOptions } from '../../src/proxy/options.js';
import { closers } from '../proxy/support.js';
import { AdoptingNodes } from './adopting-nodes.js';
import { httpBackend, type HttpBackend } from './http-backend.js';

const closing = closers();

const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'count' } } as const;

const optionsFor = ({ url }: HttpBackend): StatefulProxyOptions => ({
  upstream: ({ adopted }) => new HttpTransport(url, { sessionId: adopted?.sessionId }),
});

const textIn = ({ records }: MemoryStore): string | undefined => [...records.values()][0]?.text;

/** An engine that goes away when it is told to, before a change or after it. */
class FailingEngine extends MemoryEngine {
  fails: 'never' | 'before' | 'after' = 'never';

  override async get(key: string): Promise<string | undefined> {
    if (this.fails === 'before') throw new Error('away');
    return super.get(key);
  }

  override async replace(...change: Parameters<MemoryEngine['replace']>): Promise<boolean> {
    if (this.fails === 'before') throw new Error('away');
    const isDone = await super.replace(...change);
    if (this.fails === 'after') throw new Error('away');
    return isDone;
  }
}

it('without the engine, a session whose node is gone is not said to be unknown', async () => {
  const backend = await httpBackend(closing);
  const nodes = new AdoptingNodes(closing);
  const engine = new FailingEngine(nodes.store);
  const a = await nodes.start('aaaa', optionsFor(backend));
  const b = await nodes.start('bbbb', optionsFor(backend), 'node:http', engine);
  const session = await a.open();
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);
  a.kill();
  engine.fails = 'before';
  expect((await b.send(CALL, session)).status).toBe(503);
  // The claim arrives, but not its answer.
  engine.fails = 'after';
  expect((await b.send(CALL, session)).status).toBe(503);
  engine.fails = 'never';
  expect((await b.send(CALL, session)).status).toBe(200);
  expect(backend.count('initialize')).toBe(1);
});

it('a node writes the record again if the engine has lost it, and keeps a session whose change was not confirmed', async () => {
  const backend = await httpBackend(closing);
  const nodes = new AdoptingNodes(closing);
  const engine = new FailingEngine(nodes.store);
  const a = await nodes.start('aaaa', optionsFor(backend), 'node:http', engine);
  const session = await a.open();
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);

  nodes.store.records.clear();
  await expect.poll(() => backend.say('notifications/tools/list_changed', '1')).toBe(1);
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);

  engine.fails = 'after';
  const before = textIn(nodes.store);
  backend.say('notifications/tools/list_changed', '2');
  await expect.poll(() => textIn(nodes.store), { interval: 5 }).not.toBe(before);
  engine.fails = 'never';
  backend.say('notifications/tools/list_changed', '3');
  const unconfirmed = textIn(nodes.store);
  await expect.poll(() => textIn(nodes.store), { interval: 5 }).not.toBe(unconfirmed);
  expect((await a.send(CALL, session)).status).toBe(200);
  const b = await nodes.start('bbbb', optionsFor(backend));
  a.kill();
  expect((await b.send(CALL, session)).status).toBe(200);
  expect(backend.got).toContain('GET 3');
});

it('a session that has moved is not said to be unknown if the engine has lost its data, and gets its record back', async () => {
  const backend = await httpBackend(closing);
  const nodes = new AdoptingNodes(closing);
  const a = await nodes.start('aaaa', optionsFor(backend));
  const b = await nodes.start('bbbb', optionsFor(backend));
  const c = await nodes.start('cccc', optionsFor(backend));
  const session = await a.open();
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);
  a.kill();
  expect((await b.send(CALL, session)).status).toBe(200);
  nodes.engine.isSteady = false;
  nodes.store.records.clear();
  expect((await c.send(CALL, session)).status).toBe(503);
  // The next beat tells that the engine is another.
  nodes.engine.since = 1;
  await expect.poll(() => nodes.store.records.size, { interval: 5 }).toBe(1);
  nodes.engine.isSteady = true;
  // At the other node.
  expect(await c.send(CALL, session)).toMatchObject({ status: 421, text: 'bbbb' });
  expect((await b.send(CALL, session)).status).toBe(200);
});
