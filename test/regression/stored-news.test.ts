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
import { MemoryEventStore } from '../support/event-store.js';
import { answer } from '../support/messages.js';

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

/** A session whose client has lost its standalone stream, and can resume it after `eventId`. */
async function clientAway(Transport: (typeof TRANSPORTS)[number][1], isWrapped: boolean) {
  const store = new CountingStore();
  const bare = new Transport({ sessionIdGenerator: randomUUID, eventStore: store }) as StreamableHTTPServerTransport;
  const errors: Error[] = [];
  const transport = isWrapped ? withBackchannel(bare) : bare;
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message) => {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'raw', version: '1' } };
    if ('method' in message && 'id' in message) void transport.send(answer(message.id, result) as JSONRPCMessage);
  };
  await transport.start();
  const left = deferred();
  const http = createServer((request, response) => {
    if (request.method === 'GET') response.once('close', left.resolve);
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

  const say = async (data: string): Promise<void> =>
    transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
  const first = client.next(({ message }) => message.method === 'notifications/message');
  const standalone = await client.openGet();
  await say('before');
  const { eventId } = await first;
  standalone.drop();
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
