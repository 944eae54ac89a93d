/** Servers on our own HTTP transport, under the frameworks people have, with the client of the SDK. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAskingServer } from '../../examples/lib/asking-server.js';
import { ServerSessions } from '../../examples/lib/server-sessions.js';
import { startOnExpress } from '../../examples/server-express.js';
import { startOnFastify } from '../../examples/server-fastify.js';
import { startOnHono } from '../../examples/server-hono.js';
import { startOnNode } from '../../examples/server-node.js';
import { deferred } from '../support/deferred.js';
import { Opened } from './support.js';

const opened = new Opened();
let sessions: ServerSessions;
beforeEach(() => (sessions = new ServerSessions(createAskingServer)));
afterEach(async () => opened.closeAll());

describe.each([
  ['node:http', startOnNode],
  ['Express', startOnExpress],
  ['Fastify', startOnFastify],
  ['Hono', startOnHono],
])('a server on our transport under %s', (_name, start) => {
  it('asks twice in one call, on the stream of the call', async () => {
    const client = await connect((await started(start)).url);

    expect(await client.call('introduce')).toBe('my name from my city');
    expect(client.asked).toEqual(['name', 'city']);
    expect(client.gets).toBe(0);
  });

  it('asks without a call as soon as the client opens GET', async () => {
    const client = await connect((await started(start)).url);

    expect(await client.call('remind', { afterMs: 1 })).toBe('noted');
    await vi.waitFor(() => {
      expect(parked()).toBe(1);
    });
    expect(client.asked).toEqual([]);
    client.letGet();

    await vi.waitFor(() => {
      expect(client.asked).toEqual(['later']);
    });
    expect(parked()).toBe(0);
  });

  it('ends a session on DELETE, and no other', async () => {
    const { url } = await started(start);
    const [ann, bob] = [await connect(url), await connect(url)];

    expect(sessions.transports.size).toBe(2);

    await ann.leave();

    expect(sessions.transports.size).toBe(1);
    await expect(ann.call('introduce')).rejects.toThrow('not initialized');
    expect(await bob.call('introduce')).toBe('my name from my city');
  });
});

/** How many messages wait for a stream. */
function parked(): number {
  return [...sessions.transports.values()].reduce((sum, { backchannel }) => sum + backchannel.snapshot().parked, 0);
}

async function started(start: typeof startOnNode): ReturnType<typeof startOnNode> {
  return opened.add(await start(sessions));
}

interface Connected {
  /** The messages of the elicitations, which the client accepts. */
  readonly asked: readonly string[];
  /** How many GET requests have been sent. */
  readonly gets: number;
  letGet(): void;
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  leave(): Promise<void>;
}

/** A client whose GET is held back until `letGet()`. */
async function connect(url: string): Promise<Connected> {
  const asked: string[] = [];
  const mayGet = deferred();
  let gets = 0;
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    async fetch(input, init) {
      if (init?.method === 'GET') {
        await mayGet.promise;
        gets += 1;
      }
      return fetch(input, init);
    },
  });
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params: { message } }) => {
    asked.push(message);
    return { action: 'accept', content: { [message]: `my ${message}` } };
  });
  await client.connect(transport);
  opened.add(client);
  return {
    asked,
    get gets() {
      return gets;
    },
    letGet() {
      mayGet.resolve();
    },
    async call(name, args = {}) {
      const { content } = await client.callTool({ name, arguments: args });
      return (content as [{ readonly text: string }])[0].text;
    },
    leave: async () => transport.terminateSession(),
  };
}
