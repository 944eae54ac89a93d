/** The ways to mount the proxy, and the real clients that people have. */

import { createServer } from 'node:http';
import { serve as serveWeb } from '@hono/node-server';
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import express from 'express';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { answersOf, startCall, textOf } from '../support/stage.js';
import { startUpstream } from '../support/upstreams.js';
import { closers, listen } from './support.js';
import { ScriptedBackend } from './scripted-backend.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const closing = closers();

/** Serves the proxy at a URL. */
type Mount = (proxy: StatefulProxy) => Promise<string>;

async function served(http: ReturnType<typeof createServer>): Promise<string> {
  const url = await listen(http);
  closing(() => {
    http.closeAllConnections();
    http.close();
  });
  return url;
}

const MOUNTS: Readonly<Record<string, Mount>> = {
  'a node:http listener': (proxy) => served(createServer(proxy.listener)),
  'Express middleware': (proxy) => served(createServer(express().use('/mcp', proxy.middleware))),
  'Express middleware behind a body parser': (proxy) =>
    served(createServer(express().use(express.json()).use('/mcp', proxy.middleware))),
  'a web-standard handler': async (proxy) => {
    const http = await new Promise<{ url: string; close: () => void }>((resolve) => {
      const server = serveWeb({ fetch: proxy.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
        resolve({ url: `http://127.0.0.1:${String(port)}/mcp`, close: () => server.close() });
      });
    });
    closing(http.close);
    return http.url;
  },
};

async function mounted(
  mount: Mount,
  upstream: StatefulProxyOptions['upstream'] = inMemory,
): Promise<{ proxy: StatefulProxy; url: string }> {
  const proxy = createStatefulProxy({ upstream, maxBodyBytes: 10_000, idleTimeoutMs: 500 });
  const url = await mount(proxy);
  closing(() => proxy.close());
  return { proxy, url };
}

async function inMemory(): Promise<Transport> {
  return (await startUpstream('in-memory')).connect();
}

describe.each(Object.entries(MOUNTS))('as %s', (_name, mount) => {
  it('serves a whole session: questions with GET and without, the end, and the errors after it', async () => {
    const { proxy, url } = await mounted(mount);
    const client = await StrictClient.connect(url, { answers: answersOf('ann') });
    closing(() => {
      client.vanish();
    });
    for (let turn = 0; turn < 2; turn++) {
      const call = await startCall(client, 'ask');
      expect(await textOf(call)).toBe('ask: accept ann');
      const question = client.arrivals.findLast(({ message }) => message.method === 'elicitation/create');
      expect(question?.stream).toBe(`POST ${String(call.id)}`);
      if (turn === 0) expect((await client.openGet()).status).toBe(200);
    }
    expect(proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: 1 });
    expect((await client.delete()).status).toBe(200);
    expect((await client.notify('notifications/any')).status).toBe(404);
    expect(proxy.snapshot().sessions).toBe(0);
  });

  it('takes the version that was agreed on, also one that the SDK does not know, and no other such', async () => {
    const backend = new ScriptedBackend();
    const { proxy, url } = await mounted(mount, backend.upstream);
    const client = await StrictClient.connect(url, { protocolVersion: '2099-01-01' });
    closing(() => {
      client.vanish();
    });
    expect((await client.openGet()).status).toBe(200);
    const call = await startCall(client, 'any');
    await backend.session().send({ id: call.id, result: { content: [{ type: 'text', text: 'fine' }] } });
    expect(await textOf(call)).toBe('fine');
    const headers = { 'mcp-session-id': String(client.sessionId), 'mcp-protocol-version': '2098-01-01' };
    for (const method of ['GET', 'DELETE']) {
      const { status } = await fetch(url, { method, headers: { ...headers, accept: 'text/event-stream' } });
      expect(status).toBe(400);
    }
    expect((await client.delete()).status).toBe(200);
    expect(proxy.snapshot().sessions).toBe(0);
  });

  it('refuses what is too large', async () => {
    const { url } = await mounted(mount);
    const { status } = await new StrictClient(url).post({
      jsonrpc: '2.0',
      id: 0,
      method: 'x',
      params: { pad: 'x'.repeat(20_000) },
    });
    expect(status).toBe(413);
  });

  it('notices when the last connection of a client is gone', async () => {
    const backend = new ScriptedBackend();
    const { proxy, url } = await mounted(mount, backend.upstream);
    const client = await StrictClient.connect(url);
    expect((await client.openGet()).status).toBe(200);
    expect(proxy.snapshot().sessions).toBe(1);
    client.vanish();
    await backend.session().closed;
    expect(proxy.snapshot().sessions).toBe(0);
  });
});

describe('a session of one kind of entry', () => {
  it('is not found at the other', async () => {
    const { proxy, url } = await mounted((mountee) => served(createServer(mountee.listener)));
    const { sessionId = '' } = await StrictClient.connect(url);
    const headers = { 'mcp-session-id': sessionId, accept: 'text/event-stream' };
    expect((await proxy.fetch(new Request('http://localhost/mcp', { headers }))).status).toBe(404);
  });
});

describe('the web-standard handler', () => {
  it('keeps the session of a client that dropped its stream and has opened another', async () => {
    const backend = new ScriptedBackend();
    let answer = async (_request: Request): Promise<Response> => Promise.reject(new Error('not mounted'));
    const { proxy, url } = await mounted(async (mountee) => {
      answer = mountee.fetch;
      return MOUNTS['a web-standard handler']?.(mountee) ?? '';
    }, backend.upstream);
    const here = await StrictClient.connect(url);
    const headers = { 'mcp-session-id': String(here.sessionId), accept: 'text/event-stream' };
    const dropped = (await answer(new Request(url, { headers }))).body?.getReader();
    const waiting = dropped?.read();
    await dropped?.cancel();
    await waiting;
    const stream = await answer(new Request(url, { headers }));
    expect(stream.status).toBe(200);
    await here.notify('notifications/any');

    // By the time that a younger session is over, so would be this one.
    await StrictClient.connect(url);
    await backend.session(1).closed;
    expect(proxy.snapshot().sessions).toBe(1);
    await stream.body?.cancel();
    await backend.session(0).closed;
  });
});

describe('a real client', () => {
  it('of SDK 1.x asks, lists, and ends its session', async () => {
    const { proxy, url } = await mounted((mountee) => served(createServer(mountee.listener)));
    const client = new Client1({ name: 'one', version: '1' }, { capabilities: { elicitation: {}, roots: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'one' } }));
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///one' }] }));
    const transport = new Transport1(new URL(url));
    await client.connect(transport);
    closing(() => client.close());
    const call = async (name: string): Promise<unknown> => {
      const { content } = await client.callTool({ name, arguments: {} });
      return (content as { text: string }[])[0]?.text;
    };
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    for (let turn = 0; turn < 3; turn++) expect(await call('ask')).toBe('ask: accept one');
    expect(await Promise.all([call('roots'), call('ask'), call('roots')])).toEqual([
      'file:///one',
      'ask: accept one',
      'file:///one',
    ]);
    await transport.terminateSession();
    expect(proxy.snapshot().sessions).toBe(0);
  });

  it('of SDK 2.x asks, lists, and ends its session', async () => {
    const { proxy, url } = await mounted((mountee) => served(createServer(mountee.listener)));
    const client = new Client2({ name: 'two', version: '1' }, { capabilities: { elicitation: {}, roots: {} } });
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: { answer: 'two' } }));
    client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///two' }] }));
    const transport = new Transport2(new URL(url));
    await client.connect(transport);
    closing(() => client.close());
    const call = async (name: string): Promise<unknown> => {
      const { content } = await client.callTool({ name, arguments: {} });
      return (content[0] as { text: string } | undefined)?.text;
    };
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    for (let turn = 0; turn < 3; turn++) expect(await call('ask')).toBe('ask: accept two');
    expect(await Promise.all([call('roots'), call('ask'), call('roots')])).toEqual([
      'file:///two',
      'ask: accept two',
      'file:///two',
    ]);
    await transport.terminateSession();
    expect(proxy.snapshot().sessions).toBe(0);
  });
});
