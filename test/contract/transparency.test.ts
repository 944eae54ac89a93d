/** A wrapped transport cannot be told from the bare one: C8. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel } from 'mcp-backchannel';
import { afterEach, describe, expect, it } from 'vitest';
import { createBackend } from '../../examples/lib/backend.js';
import { KINDS } from './rig/kinds.js';
import { Rigs, SIDES } from './rig/rig.js';
import { programArgs } from '../support/built-programs.js';

const CHILD = new URL('rig/stdio-child.ts', import.meta.url);
const PROTOTYPE_NAMES = ['start', 'send', 'close', 'handleRequest', 'handlePostMessage', 'closeSSEStream', 'sessionId'];
const OTHER_NAMES = ['stderr', 'pid', 'hasPerRequestStream', 'setProtocolVersion', 'nonsense', Symbol.iterator];

describe.each(SIDES.filter(({ kind }) => kind.isOurs !== true))('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C8: is an instance of the same class with the same members', async () => {
    const { transport, inner } = await rigs.open(side);
    expect(Object.getPrototypeOf(transport)).toBe(Object.getPrototypeOf(inner));
    expect(transport.constructor).toBe(inner.constructor);
    expect(transport instanceof inner.constructor).toBe(true);
    expect(Reflect.ownKeys(transport)).toEqual(Reflect.ownKeys(inner));
    for (const name of [...PROTOTYPE_NAMES, ...OTHER_NAMES]) expect(name in transport).toBe(name in inner);
    expect('backchannel' in transport).toBe(side.wrapped);
  });

  it('C8: reads properties live and writes them through', async () => {
    const { transport, inner } = await rigs.open(side);
    expect(transport.sessionId).toBe(inner.sessionId);
    const version = (): void => undefined;
    transport.setProtocolVersion = version;
    expect(transport.setProtocolVersion).toBe(version);
    expect(inner.setProtocolVersion).toBe(version);
    delete transport.setProtocolVersion;
    expect(inner.setProtocolVersion).toBeUndefined();
    // One that has a getter only refuses to be written to.
    if (inner.sessionId !== undefined && !Object.hasOwn(inner, 'sessionId')) {
      expect(() => (transport.sessionId = 'other')).toThrow(TypeError);
      expect(transport.sessionId).toBe(inner.sessionId);
    }
  });
});

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C8: gives back the very callbacks and methods that were put there', async () => {
    const { transport } = await rigs.open(side);
    const { onmessage, onclose, onerror } = transport;
    const callback = (): void => undefined;
    transport.onmessage = callback;
    transport.onclose = callback;
    transport.onerror = callback;
    expect([transport.onmessage, transport.onclose, transport.onerror]).toEqual([callback, callback, callback]);
    Object.assign(transport, { onmessage, onclose, onerror });
    expect([transport.onmessage, transport.onclose, transport.onerror]).toEqual([onmessage, onclose, onerror]);

    const before: unknown = Reflect.get(transport, 'start');
    const own = async (): Promise<void> => Promise.resolve();
    transport.start = own;
    expect(Reflect.get(transport, 'start')).toBe(own);
    Reflect.set(transport, 'start', before);
    expect(Reflect.get(transport, 'start')).toBe(before);
  });

  it('C8: hands over each message and its extra by identity', async () => {
    const { inner, received } = await rigs.open(side);
    const extra = Object.freeze({
      authInfo: { token: 't', clientId: 'c', scopes: [] },
      closeSSEStream: () => undefined,
    });
    const messages = [
      { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: Object.freeze({}) },
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      { jsonrpc: '2.0', id: 'stray', result: {} },
    ] as const;
    for (const message of messages) inner.onmessage?.(Object.freeze(message), extra);
    expect(received.all).toHaveLength(messages.length);
    received.all.forEach((item, n) => {
      expect(item.message).toBe(messages[n]);
      expect(item.extra).toBe(extra);
    });
  });
});

/** Works through everything the backend can do, and notes each message in both directions. */
async function transcript(peer: Transport): Promise<unknown[]> {
  const lines: unknown[] = [];
  // What handlers see has an order of its own: the SDK calls them a microtask after a message came.
  const handled: unknown[] = [];
  const send = peer.send.bind(peer);
  peer.send = async (message, options) => {
    lines.push(['client', structuredClone(message)]);
    return send(message, options);
  };
  peer.onmessage = (message: unknown) => lines.push(['server', structuredClone(message)]);

  const capabilities = { elicitation: {}, sampling: {}, roots: {} };
  const client = new Client({ name: 'client', version: '1' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'yes' } }));
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
    model: 'm',
    role: 'assistant',
    content: { type: 'text', text: JSON.stringify(params.messages) },
  }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///a' }] }));
  client.setNotificationHandler(
    LoggingMessageNotificationSchema,
    ({ params }) => void handled.push(['log', params.data]),
  );
  await client.connect(peer);

  await client.ping();
  await client.listTools();
  for (const name of ['ask', 'ask', 'sample', 'roots', 'log', 'echo', 'remember', 'recall', 'nonsense']) {
    const call = client.callTool({ name, arguments: { key: 'k', value: 1, text: 't' } });
    lines.push([name, await call.catch((error: unknown) => String(error))]);
  }
  // Its messages count, not what the handler sees: the SDK client drops the handler at the answer, and
  // with it the progress that came in the same chunk of a pipe.
  await client.callTool({ name: 'count', arguments: { steps: 3 } }, undefined, { onprogress: () => undefined });
  lines.push(['listPrompts', await client.listPrompts().catch((error: unknown) => String(error))]);
  await client.close();
  return [...lines, ...handled];
}

describe.each(KINDS)('$name', ({ open }) => {
  async function session(wrap: (bare: Transport) => Transport): Promise<unknown[]> {
    const { transport, peer, close } = await open({ wrap });
    const server = createBackend();
    await server.connect(transport);
    try {
      return await transcript(peer);
    } finally {
      await server.close();
      await close();
    }
  }

  it('C8: an SDK client and an SDK server say the same over the bare and the wrapped transport', async () => {
    const bare = await session((transport) => transport);
    expect(bare.length).toBeGreaterThan(50);
    expect(await session(withBackchannel)).toEqual(bare);
  });
});

describe('SDK 1 stdio, in a process of its own', () => {
  it('C8: a client and a server say the same over the bare and the wrapped transport', async () => {
    const session = async (mode: string): Promise<unknown[]> =>
      transcript(new StdioClientTransport({ command: process.execPath, args: [...programArgs(CHILD), mode] }));
    const [bare, wrapped] = await Promise.all([session('bare'), session('wrapped')]);
    expect(bare.length).toBeGreaterThan(50);
    expect(wrapped).toEqual(bare);
  });
});
