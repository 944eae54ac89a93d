/** `server.connect(inner)`, while requests come in through the wrapper. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { serve } from '../../../examples/lib/serve.js';
import { StrictClient } from '../../../examples/lib/strict-client.js';
import { withBackchannel } from '../../../src/index.js';

const CODE = 'MCP_BACKCHANNEL_NOT_CONNECTED';
let warned: string[] = [];

beforeEach(() => {
  warned = [];
  vi.spyOn(process, 'emitWarning').mockImplementation(((warning: string, options?: { readonly code?: string }) => {
    if (options?.code === CODE) warned.push(warning);
  }) as typeof process.emitWarning);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const newServer = (): Server => new Server({ name: 's', version: '1' }, { capabilities: {} });

/** One session of a client that also pings twice. */
async function session(connect: (bare: StreamableHTTPServerTransport) => Promise<unknown>): Promise<void> {
  const { url, close } = await serve({ onSession: async (bare) => connect(bare) as Promise<never> });
  const client = await StrictClient.connect(url);
  for (let times = 0; times < 2; times += 1) await client.request('ping');
  await close();
}

const initialize = (): Request =>
  new Request('http://127.0.0.1/mcp', {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
    }),
  });

describe('68: there is one clear warning', () => {
  test('when the server is connected to the bare transport', async () => {
    await session(async (bare) => {
      const wrapped = withBackchannel(bare);
      await newServer().connect(bare);
      return wrapped;
    });
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('Connect the server to what withBackchannel() returns');
  });

  test('when the transport was wrapped after the server had been connected to it', async () => {
    await session(async (bare) => {
      await newServer().connect(bare);
      return withBackchannel(bare);
    });
    expect(warned).toHaveLength(1);
  });

  test('over a web-standard transport', async () => {
    const bare = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => 'session' });
    const wrapped = withBackchannel(bare);
    await newServer().connect(bare);
    expect((await wrapped.handleRequest(initialize())).status).toBe(200);
    expect(warned).toHaveLength(1);
    await wrapped.close();
  });

  test('when nobody is connected at all', async () => {
    vi.useFakeTimers();
    const bare = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => 'session' });
    const wrapped = withBackchannel(bare);
    void wrapped.handleRequest(initialize());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(warned).toHaveLength(1);
    await wrapped.close();
  });
});

describe('68: there is no warning', () => {
  test('when the server is connected to the wrapper', async () => {
    await session(async (bare) => {
      const wrapped = withBackchannel(bare);
      await newServer().connect(wrapped);
      return wrapped;
    });
    expect(warned).toEqual([]);
  });

  test('when the server connects while the first request is read', async () => {
    vi.useFakeTimers();
    let connect = async (): Promise<void> => Promise.resolve();
    const wrapped = withBackchannel(
      new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => 'session',
        onsessioninitialized: async () => connect(),
      }),
    );
    connect = async () => newServer().connect(wrapped);
    const response = await wrapped.handleRequest(initialize());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(response.status).toBe(200);
    expect(warned).toEqual([]);
    await wrapped.close();
  });

  test('when the callbacks are set by hand', async () => {
    vi.useFakeTimers();
    const wrapped = withBackchannel(new WebStandardStreamableHTTPServerTransport());
    wrapped.onmessage = () => undefined;
    void wrapped.handleRequest(initialize());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(warned).toEqual([]);
    await wrapped.close();
  });
});
