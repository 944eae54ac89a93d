/** A session whose client has lost a stream that it can resume: a rig for what is sent while it is away. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPServerTransport as OurTransport } from 'mcp-backchannel/http';
import { StrictClient, type Exchange } from '../../examples/lib/strict-client.js';
import { withBackchannel } from '../../src/index.js';
import { deferred } from './deferred.js';
import type { MemoryEventStore } from './event-store.js';
import { answer, elicit } from './messages.js';

export const TRANSPORTS = [
  { name: 'SDK 1.x', Transport: StreamableHTTPServerTransport, isOurs: false },
  { name: 'SDK 2.x', Transport: NodeStreamableHTTPServerTransport, isOurs: false },
  // A drop-in for that of SDK 1.x, whose type has private members.
  {
    name: 'our own transport',
    Transport: OurTransport as unknown as typeof StreamableHTTPServerTransport,
    isOurs: true,
  },
] as const;

/** With a back-channel and without. Ours cannot be had without one. */
export const WRAPPED_AND_BARE = TRANSPORTS.flatMap((one) =>
  (one.isOurs ? [true] : [true, false]).map((isWrapped) => ({ ...one, isWrapped })),
);

export interface AwayOptions {
  readonly Transport: (typeof TRANSPORTS)[number]['Transport'];
  readonly isWrapped: boolean;
  readonly store: MemoryEventStore;
  /** The id of the call whose stream it is; without: the standalone stream. */
  readonly of?: string | undefined;
}

export interface Away {
  readonly client: StrictClient;
  readonly transport: StreamableHTTPServerTransport;
  readonly errors: readonly Error[];
  /** The event after which the client can resume the stream. */
  readonly eventId: string;
  readonly say: (data: string) => Promise<void>;
  readonly ask: (id: string) => Promise<void>;
  /** Answers the call. */
  readonly finish: () => Promise<void>;
  readonly resume: () => Promise<Exchange>;
  /** What the client was shown since it left: what was said, what was asked, and the id of what was answered. */
  readonly shown: () => unknown[];
}

const opened: (() => Promise<unknown>)[] = [];

/** Closes what the tests have opened. */
export async function closeAway(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export async function clientAway({ Transport, isWrapped, store, of }: AwayOptions): Promise<Away> {
  const bare = new Transport({ sessionIdGenerator: randomUUID, eventStore: store }) as StreamableHTTPServerTransport;
  const errors: Error[] = [];
  const transport = isWrapped ? withBackchannel(bare) : bare;
  transport.onerror = (error) => errors.push(error);
  transport.onmessage = (message) => {
    const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'raw', version: '1' } };
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
  const { eventId = '' } = await first;
  isLeaving = true;
  stream.drop();
  await left.promise;
  isLeaving = false;
  const seen = client.arrivals.length;
  return {
    ...{ client, transport, errors, eventId, say },
    ask: async (id) => transport.send(elicit(id) as JSONRPCMessage, options),
    finish: async () => transport.send(answer(of ?? '') as JSONRPCMessage),
    resume: async () => client.openGet(eventId),
    shown: () =>
      client.arrivals
        .slice(seen)
        .map(({ message }) => (message.params as { data?: unknown } | undefined)?.data ?? message.id),
  };
}
