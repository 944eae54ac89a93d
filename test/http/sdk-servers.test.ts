/** Servers of the SDK on our own transport, with clients of the SDK. `npm run matrix` runs them with each version. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport, type StreamableHTTPServerTransportOptions } from 'mcp-backchannel/http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../proxy/support.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { MemoryEventStore } from '../support/event-store.js';
import { JSON_HEADERS } from '../support/raw-http.js';
import { LINES, type Line, type LineClient, type Tools } from './sdk-lines.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Party {
  readonly url: string;
  readonly transport: StreamableHTTPServerTransport;
  readonly client: LineClient;
  /** What the client was asked. */
  readonly asked: readonly string[];
  /** Each request of the client that was answered, as `method status`. */
  readonly answers: readonly string[];
  /** The GET streams that are open. */
  readonly gets: readonly ServerResponse[];
  /** Another client, which goes on with the session. */
  readonly next: () => Promise<LineClient>;
}

describe.each(LINES.map((line) => [line.title, line] as const))('a server of %s on our transport', (_title, line) => {
  it('asks its client twice in one call, on the stream of the call', async () => {
    const { client, asked, gets } = await party(line, {}, deferred());

    expect(await client.call('twice')).toBe('yes to a, yes to b');
    expect(asked).toEqual(['a', 'b']);
    expect(gets).toEqual([]);
  });

  it('asks without a call, as soon as the client opens GET', async () => {
    const mayGet = deferred();
    const { client, asked, transport } = await party(line, {}, mayGet);

    expect(await client.call('later')).toBe('done');
    await vi.waitFor(() => {
      expect(transport.backchannel.snapshot().parked).toBe(1);
    });
    expect(asked).toEqual([]);
    mayGet.resolve();

    await vi.waitFor(() => {
      expect(asked).toEqual(['later']);
    });
  });

  it('answers in JSON, and asks on GET', async () => {
    const { client, asked, transport, url } = await party(line, { enableJsonResponse: true });
    const routes: unknown[] = [];
    transport.backchannel.routes$.subscribe(({ to, outcome }) => routes.push([to, outcome]));

    expect(await client.call('twice')).toBe('yes to a, yes to b');
    expect(asked).toEqual(['a', 'b']);
    expect(routes.filter((route) => !String(route).endsWith('parked'))).toEqual([
      ['standalone', 'delivered'],
      ['standalone', 'delivered'],
    ]);
    const { headers } = await fetch(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, 'mcp-session-id': 'session' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 'raw', method: 'ping' }),
    });
    expect(headers.get('content-type')).toBe('application/json');
  });

  it('finds its client again when a GET stream is broken off', async () => {
    const { client, asked, gets } = await party(line, { eventStore: new MemoryEventStore() });
    await vi.waitFor(() => {
      expect(gets).toHaveLength(1);
    });

    expect(await client.call('later')).toBe('done');
    await vi.waitFor(() => {
      expect(asked).toEqual(['later']);
    });
    const [broken] = gets;
    broken?.destroy();
    await vi.waitFor(() => {
      expect(gets).toHaveLength(1);
      expect(gets[0]).not.toBe(broken);
    });

    expect(await client.call('later')).toBe('done');
    await vi.waitFor(() => {
      expect(asked).toEqual(['later', 'later']);
    });
  });

  it('has the answer of a call for the next client, if an event store has kept it', async () => {
    const released = deferred();
    const { client, next } = await party(line, { eventStore: new MemoryEventStore() }, undefined, released);
    const token = deferred<string>();
    client.call('slow', token.resolve).catch(() => undefined);
    const last = await token.promise;
    await client.close();

    const second = await next();
    released.resolve();

    expect(await second.resume('slow', last)).toBe('slow done');
  });

  it('is told to poll: its client comes back for the answer of a call whose stream the server has closed', async () => {
    const { client, answers } = await party(line, { eventStore: new MemoryEventStore(), retryInterval: 10 });

    expect(await client.call('poll')).toBe('polled');
    expect(answers.filter((answer) => answer === 'GET 200')).toHaveLength(1);
  });

  it('ends its session when the transport is closed', async () => {
    const { client, transport } = await party(line);
    expect(await client.call('twice')).toBe('yes to a, yes to b');

    await transport.close();

    await expect(client.call('twice')).rejects.toThrow();
  });
});

/**
 * A server with one session, and its client.
 *
 * @param mayGet a GET waits for it
 * @param released a slow call waits for it
 */
async function party(
  line: Line,
  options: StreamableHTTPServerTransportOptions = {},
  mayGet?: Deferred,
  released = deferred(),
): Promise<Party> {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'session', ...options });
  await line.connectServer(transport, toolsUntil(released));
  const answers: string[] = [];
  const gets: ServerResponse[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '' } = request;
    response.on('close', () => {
      answers.push(`${method} ${String(response.statusCode)}`);
      if (gets.includes(response)) gets.splice(gets.indexOf(response), 1);
    });
    if (method === 'GET') {
      await mayGet?.promise;
      gets.push(response);
    }
    await transport.handleRequest(request, response);
  };
  const http = createServer((request, response) => void handle(request, response));
  const url = await listen(http);
  const asked: string[] = [];
  const connect = async (sessionId?: string): Promise<LineClient> => {
    const answer = (message: string): string => {
      asked.push(message);
      return `yes to ${message}`;
    };
    const client = await line.connectClient(url, answer, sessionId);
    closers.push(async () => client.close());
    return client;
  };
  closers.push(async () => {
    await transport.close();
    mayGet?.resolve();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const client = await connect();
  return { url, transport, client, asked, answers, gets, next: async () => connect('session') };
}

function toolsUntil({ promise: released }: Deferred): Tools {
  return {
    twice: async ({ ask }) => `${await ask('a')}, ${await ask('b')}`,
    async later({ ask }) {
      setTimeout(() => void ask('later').catch(() => undefined), 1);
      return Promise.resolve('done');
    },
    async slow({ log }) {
      await log('begun');
      await released;
      return 'slow done';
    },
    async poll({ closeStream }) {
      closeStream?.();
      return Promise.resolve('polled');
    },
  };
}
