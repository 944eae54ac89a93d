import { createServer } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { lostStream, namingStore } from '../../src/cluster/event-ids.js';
import type { EventStore } from '../../src/event-store.js';
import { idIn, withoutStandIns } from '../../src/long-ids.js';
import type { JsonRpcMessage, RequestId } from '../../src/routing/message.js';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { rig } from '../http/rig.js';
import { AdoptingNodes } from './adopting-nodes.js';
import { httpBackend } from './http-backend.js';
import { closers, listen } from '../proxy/support.js';
import { deferred } from '../support/deferred.js';
import { IndexedEventStore, MemoryEventStore, SlowReplayStore } from '../support/event-store.js';

const closing = closers();

const answer = (id: RequestId): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: {} });
const CALL = { method: 'tools/call', params: { name: 'any' } } as const;
const PRIMING = {} as JSONRPCMessage;

/** The id of the first event on the stream of these requests. */
async function primed(store: EventStore, ids: readonly RequestId[]): Promise<string> {
  return namingStore(store).storeEvent('stream', PRIMING, undefined, { ids, owed: ids });
}

/** The ids of the requests that get an error, as JSON, and the ids of the events. */
function told(lastEventId: string): { readonly errors: readonly string[]; readonly events: readonly string[] } {
  const lost = lostStream(lastEventId);
  if (lost === 'not found') return { errors: [], events: [] };
  const all = (pattern: RegExp): string[] => [...lost.events.matchAll(pattern)].map(([, found]) => found ?? '');
  const data = all(/^data: (.*)$/gm);
  for (const json of data)
    expect(JSON.parse(json)).toMatchObject({
      jsonrpc: '2.0',
      error: { code: -32000, message: expect.stringContaining('may have run') as string },
    });
  return { errors: data.map((json) => /"id":(.*),"error"/.exec(json)?.[1] ?? ''), events: all(/^id: (.*)$/gm) };
}

describe('a node that has never seen the session', () => {
  it.each<[string, RequestId[]]>([
    ['numbers', [1, 0, -7]],
    ['strings with any characters', ['', '~', '*', '__proto__', 'a\nb', '[1,2],"', 'é\u{1f600}', '\ud800', '1']],
    ['both spellings of one number', [1, '1']],
    ['a batch of a hundred', Array.from({ length: 100 }, () => crypto.randomUUID())],
  ])('answers each lost call with an error: %s', async (_, ids) => {
    const { errors } = told(await primed(new MemoryEventStore(), ids));
    expect(errors.map((json) => JSON.parse(json) as unknown)).toEqual(ids);
  });

  it('names a number that JavaScript cannot hold as it was written', async () => {
    const ids = ['12345678901234567891', '12345678901234567892'].map((json) => idIn(json) as RequestId);
    expect(told(await primed(new MemoryEventStore(), ids)).errors).toEqual(
      ids.map((id) => withoutStandIns(String(id))),
    );
  });

  it('says that something is lost where it cannot name the calls, and the id fits into a header', async () => {
    const id = await primed(new MemoryEventStore(), ['x'.repeat(6_000)]);
    expect(id.length).toBeLessThan(100);
    expect(told(id).errors).toEqual(['null']);
    expect(told(told(id).events[0] ?? '').errors).toEqual([]);
  });

  it('goes on after the last error that the client has read', async () => {
    const { events } = told(await primed(new MemoryEventStore(), [1, 2, 3]));
    expect(events.map((id) => told(id).errors)).toEqual([['2', '3'], ['3'], []]);
    expect(new Set(events).size).toBe(3);
  });

  it.each([
    '',
    '~',
    '~~',
    '~MQ',
    '1_stream',
    '~-~m~x',
    `~${Buffer.from('{}').toString('base64url')}~m~x`,
    '~bnVsbA~m~x',
  ])('does not know the event %o', (id) => {
    expect(lostStream(id)).toBe('not found');
  });

  it('does not know an event with a long id', () => {
    expect(lostStream(`~${'MSwx'.repeat(10_000)}~m~x`)).toBe('not found');
  });
});

describe('the store of a user', () => {
  it('is given back the ids that it has made', async () => {
    const seen: string[] = [];
    const own = { 'with ~ tilde': 'a', ' ': 'b', '~MQ~m~inner': 'c' };
    const store = namingStore({
      storeEvent: (_, { id }: { id: number }) => Promise.resolve(Object.keys(own)[id] ?? ''),
      getStreamIdForEventId: (eventId) => {
        seen.push(eventId);
        return Promise.resolve('stream');
      },
      replayEventsAfter: (eventId) => {
        seen.push(eventId);
        return Promise.resolve('stream');
      },
    });
    for (const [index, id] of Object.keys(own).entries()) {
      const written = await store.storeEvent('stream', answer(index), undefined, { ids: [9], owed: [9] });
      await store.getStreamIdForEventId?.(written);
      await store.replayEventsAfter(written, { send: () => Promise.resolve() });
      expect(seen.splice(0)).toEqual([id, id]);
    }
    // An id that is not ours is the store's own.
    await store.replayEventsAfter('1_old', { send: () => Promise.resolve() });
    expect(seen).toEqual(['1_old']);
    expect(await store.storeEvent('stream', answer(5))).toBe('');
  });

  it('is not said to know the stream of an event if it does not', () => {
    expect(namingStore(new MemoryEventStore())).not.toHaveProperty('getStreamIdForEventId');
    expect(namingStore(new IndexedEventStore())).toHaveProperty('getStreamIdForEventId');
  });

  it('replays events under the ids that they had', async () => {
    const store = namingStore(new MemoryEventStore());
    const ids = [1, 2, 3];
    const owed = new Set(ids);
    const requests = { ids, owed };
    const first = await store.storeEvent('stream', PRIMING, undefined, requests);
    const written: string[] = [];
    for (const id of ids) {
      written.push(await store.storeEvent('stream', answer(id), undefined, requests));
      owed.delete(id);
    }
    const replayed: string[] = [];
    await store.replayEventsAfter(first, {
      send: (eventId) => {
        replayed.push(eventId);
        return Promise.resolve();
      },
    });
    expect(replayed).toEqual(written);
    expect(written.map((id) => told(id).errors)).toEqual([['2', '3'], ['3'], []]);
  });
});

describe('our transport', () => {
  it('names the calls of a stream until they are answered', async () => {
    const { transport, post, get } = await rig(closing, { eventStore: namingStore(new MemoryEventStore()) });
    const stream = await post({ id: 'call', ...CALL });
    await expect.poll(() => stream.ids().length).toBe(1);
    await transport.send({ jsonrpc: '2.0', method: 'notifications/progress' }, { relatedRequestId: 'call' });
    await transport.send(answer('call'));
    await stream.ended;
    expect(stream.ids().map((id) => told(id).errors)).toEqual([['"call"'], ['"call"'], []]);

    const standalone = await get();
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    await expect.poll(() => standalone.ids().length).toBe(1);
    expect(lostStream(standalone.ids()[0] ?? '')).toBe('not found');
  });

  it('gives an event once that is stored while the client comes back', async () => {
    const store = new SlowReplayStore();
    const { transport, post, get } = await rig(closing, { eventStore: namingStore(store) });
    const stream = await post({ id: 'call', ...CALL });
    await expect.poll(() => stream.ids().length).toBe(1);
    await transport.send({ jsonrpc: '2.0', method: 'notifications/message' }, { relatedRequestId: 'call' });
    await expect.poll(() => stream.ids().length).toBe(2);
    const resumed = get(stream.ids()[0]);
    await store.asked.promise;
    await transport.send(answer('call'));
    store.released.resolve();
    const again = await resumed;
    await again.ended;
    expect(again.ids()[0]).toBe(stream.ids()[1]);
    expect(again.messages().map(({ id, method }) => id ?? method)).toEqual(['notifications/message', 'call']);
  });
});

describe('the store of an adopted session', () => {
  it('goes on with the standalone stream, and says which calls are lost', async () => {
    const old = namingStore(new MemoryEventStore());
    const { transport, get } = await rig(closing, { eventStore: namingStore(new MemoryEventStore()) });
    const standalone = await get(await old.storeEvent('_GET_stream', { jsonrpc: '2.0', method: 'notifications/x' }));
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    await expect.poll(() => standalone.messages().length).toBe(1);
    expect(standalone.isEnded()).toBe(false);

    const requests = { ids: ['call'], owed: ['call'] };
    const lost = await get(await old.storeEvent('stream', PRIMING, undefined, requests));
    await lost.ended;
    expect(lost.messages()).toMatchObject([{ id: 'call', error: { code: -32000 } }]);
    expect((await get(lost.ids()[0])).status).toBe(500);
  });

  it('does not know the last event of an answered stream, and says so if it can', async () => {
    const old = namingStore(new MemoryEventStore());
    const { get } = await rig(closing, { eventStore: namingStore(new IndexedEventStore()) });
    const last = await old.storeEvent('stream', answer('call'), undefined, { ids: ['call'], owed: ['call'] });
    expect((await get(last)).status).toBe(400);
  });
});

describe("the SDK's client", () => {
  it('gets an error for its call when it comes back to a survivor, and does not come back for ever', async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => 'session',
      eventStore: namingStore(new MemoryEventStore()),
      retryInterval: 10,
    });
    transport.onmessage = ({ id, method }: JsonRpcMessage) => {
      const info = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'owner', version: '1' } };
      if (method === 'initialize') void transport.send({ jsonrpc: '2.0', id, result: info });
    };
    await transport.start();
    let isOwnerAlive = true;
    const gets: { readonly lastEventId: string; readonly status: number }[] = [];
    const http = createServer((request, response) => {
      const lastEventId = String(request.headers['last-event-id'] ?? '');
      if (isOwnerAlive) {
        if (request.method === 'GET') response.writeHead(405).end();
        else void transport.handleRequest(request, response);
        return;
      }
      const lost = lostStream(lastEventId);
      const status = lost === 'not found' ? 404 : 200;
      gets.push({ lastEventId, status });
      if (lost === 'not found') response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(lost.events);
    });
    const url = await listen(http);
    closing(() => {
      http.closeAllConnections();
      http.close();
    });
    const client = new Client({ name: 'client', version: '1' });
    const gaveUp = deferred();
    client.onerror = (error) => {
      if (error.message.includes('Maximum reconnection attempts')) gaveUp.resolve();
    };
    closing(() => client.close());
    const options = {
      maxRetries: 2,
      initialReconnectionDelay: 10,
      maxReconnectionDelay: 10,
      reconnectionDelayGrowFactor: 1,
    };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { reconnectionOptions: options }));
    const canComeBack = deferred();
    const call = client.callTool({ name: 'any' }, undefined, {
      onresumptiontoken: () => {
        canComeBack.resolve();
      },
    });
    const rejected = expect(call).rejects.toThrow('The node that had this call is gone');
    await canComeBack.promise;
    isOwnerAlive = false;
    http.closeAllConnections();
    await rejected;
    await gaveUp.promise;
    expect(gets.map(({ status }) => status)).toEqual([200, 404, 404]);
  });
});

it.each(['node:http', 'fetch'] as const)('a proxy names the calls of its streams: %s', async (door) => {
  const backend = await httpBackend(closing);
  const upstream = (): HttpTransport => new HttpTransport(backend.url);
  const eventStore = (): EventStore => namingStore(new MemoryEventStore());
  const node = await new AdoptingNodes(closing).start('aaaa', { upstream, eventStore }, door);
  const session = await node.open();
  const { text } = await node.send({ jsonrpc: '2.0', id: 'call', ...CALL }, session);
  const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');
  expect(ids.map((id) => told(id).errors)).toEqual([['"call"'], []]);
});
