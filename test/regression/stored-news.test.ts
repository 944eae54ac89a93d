/** Bugs of what is sent while a client with an event store is away from a stream that it can resume, each named after its cause. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, expect, test } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { deferred } from '../support/deferred.js';
import { MemoryEventStore, SlowReplayStore } from '../support/event-store.js';
import { answer, elicit } from '../support/messages.js';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

class CountingStore extends MemoryEventStore {
  get news(): unknown[] {
    return [...this.events.values()].flatMap(({ message }) => ('params' in message ? [message.params] : []));
  }
}

const TRANSPORTS = [
  ['SDK 1', StreamableHTTPServerTransport],
  ['SDK 2', NodeStreamableHTTPServerTransport],
] as const;

/**
 * A session whose client has lost its standalone stream, or that of a call, and can resume it.
 *
 * @param of the id of the call
 */
async function clientAway<S extends MemoryEventStore = CountingStore>(
  Transport: (typeof TRANSPORTS)[number][1],
  isWrapped: boolean,
  store = new CountingStore() as MemoryEventStore as S,
  of?: string,
) {
  const bare = new Transport({ sessionIdGenerator: randomUUID, eventStore: store }) as StreamableHTTPServerTransport;
  const errors: Error[] = [];
  const transport = isWrapped ? withBackchannel(bare) : bare;
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message) => {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'raw', version: '1' } };
    if (!('method' in message && 'id' in message) || message.id === of) return;
    void transport.send(answer(message.id, result) as JSONRPCMessage);
  };
  await transport.start();
  const left = deferred();
  let isLeaving = false;
  const http = createServer((request, response) => {
    response.once('close', () => {
      if (isLeaving) left.resolve();
    });
    void transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    await transport.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const client = await StrictClient.connect(`http://127.0.0.1:${String((http.address() as AddressInfo).port)}/`);
  opened.push(async () => {
    client.vanish();
    return Promise.resolve();
  });

  const options = of === undefined ? undefined : { relatedRequestId: of };
  const say = async (data: string): Promise<void> =>
    transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } }, options);
  const first = client.next(({ message }) => message.method === 'notifications/message');
  const stream = await (of === undefined ? client.openGet() : client.start('tools/call', {}, of).exchange);
  await say('before');
  const { eventId } = await first;
  isLeaving = true;
  stream.drop();
  await left.promise;
  return { client, transport, store, errors, say, resume: async () => client.openGet(eventId) };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

test.each(
  TRANSPORTS.flatMap(([name, Transport]) => [true, false].map((isWrapped) => ({ name, Transport, isWrapped }))),
)(
  '$name: notifications for a client that is away from its standalone stream were refused when many waited (wrapped: $isWrapped)',
  async ({ Transport, isWrapped }) => {
    const { client, errors, say, resume } = await clientAway(Transport, isWrapped);
    for (const name of names(300)) await say(name);
    expect(errors).toEqual([]);
    const last = client.next(({ message }) => (message.params as { data?: string } | undefined)?.data === '299');
    await resume();
    await last;
    const data = client.arrivals.map(({ message }) => (message.params as { data?: string } | undefined)?.data);
    expect(data.filter((one) => one !== undefined)).toEqual(['before', ...names(300)]);
  },
);

test.each(
  TRANSPORTS.flatMap(([name, Transport]) => [true, false].map((isWrapped) => ({ name, Transport, isWrapped }))),
)(
  '$name: those that waited were lost when the transport closed, and not stored (wrapped: $isWrapped)',
  async ({ Transport, isWrapped }) => {
    const { transport, store, errors, say } = await clientAway(Transport, isWrapped);
    for (const name of names(10)) await say(name);
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: {} });
    await transport.close();
    expect(store.news).toHaveLength(12);
    expect(errors).toEqual([]);
  },
);

test.each(TRANSPORTS.flatMap(([name, Transport]) => [true, false].map((isOfCall) => ({ name, Transport, isOfCall }))))(
  '$name: what was sent while the client was shown what it had missed was stored, and not shown (of a call: $isOfCall)',
  async ({ Transport, isOfCall }) => {
    const store = new SlowReplayStore();
    const of = isOfCall ? 'call' : undefined;
    const { client, transport, errors, say, resume } = await clientAway(Transport, true, store, of);
    const resumed = resume();
    await store.asked.promise;
    await say('meanwhile');
    const question = transport.send(elicit('q') as JSONRPCMessage, of === undefined ? {} : { relatedRequestId: of });
    const asked = client.next(({ message }) => message.id === 'q');
    store.released.resolve();
    await Promise.all([resumed, question, asked]);
    const sent = client.arrivals.flatMap(({ message }) => (message.method === undefined ? [] : [message]));
    expect(sent).toMatchObject([{ params: { data: 'before' } }, { params: { data: 'meanwhile' } }, { id: 'q' }]);
    expect(errors).toEqual([]);
  },
);

test.each(TRANSPORTS)(
  '%s: what waited for a stream to be resumed is stored when the client gives that up',
  async (_name, Transport) => {
    const store = new SlowReplayStore();
    const { client, transport, resume } = await clientAway(Transport, true, store, 'call');
    const resumed = resume().catch(() => undefined);
    await store.asked.promise;
    const question = transport.send(elicit('q') as JSONRPCMessage, { relatedRequestId: 'call' });
    expect(withBackchannel(transport).backchannel.snapshot().parked).toBe(1);
    client.vanish();
    await Promise.all([resumed, question]);
    expect(withBackchannel(transport).backchannel.snapshot()).toMatchObject({ parked: 0, openExchanges: 1 });
  },
);
