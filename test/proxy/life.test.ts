/** How sessions begin and end, and what those who wait for an answer hear of it. */
import { createConnection } from 'node:net';
import { createServer } from 'node:http';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { deferred } from '../support/deferred.js';
import { MemoryEventStore } from '../support/event-store.js';
import { INITIALIZE_MESSAGE } from '../support/raw-http.js';
import { startCall, textOf } from '../support/stage.js';
import { startUpstream } from '../support/upstreams.js';
import { closers, listen, proxies } from './support.js';
import { ScriptedBackend } from './scripted-backend.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const closing = closers();
const open = proxies();

const { params: INITIALIZE } = INITIALIZE_MESSAGE;

/** A backend that answers nothing by itself. */
function silently(backend: ScriptedBackend): StatefulProxyOptions['upstream'] {
  return async (request) => {
    const transport = await backend.upstream(request);
    const { onmessage } = backend.session().transport;
    backend.session().transport.onmessage = (message, extra) => {
      if (!('method' in message) || message.method !== 'initialize') onmessage?.(message, extra);
    };
    return transport;
  };
}

describe('a session', () => {
  it('ends with DELETE: its backend is closed, pending calls hear of it, and its id is unknown', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect();
    const call = await startCall(client, 'slow');
    const deleted = await client.delete();
    expect(deleted.status).toBe(200);
    expect((await call.response).error).toMatchObject({
      code: -32000,
      message: expect.stringContaining('client') as string,
    });
    await backend.session().closed;
    expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
    expect((await client.notify('notifications/any')).status).toBe(404);
  });

  it('ends its session at an HTTP backend as well', async () => {
    const terminated = deferred();
    const backend = await startUpstream('streamable-http');
    closing(() => backend.close());
    const stage = await open(async () => {
      const transport = await backend.connect();
      if (!(transport instanceof StreamableHTTPClientTransport)) throw new TypeError('not over HTTP');
      const terminate = transport.terminateSession.bind(transport);
      transport.terminateSession = async () => {
        await terminate();
        terminated.resolve();
      };
      return transport;
    });
    const client = await stage.connect();
    await client.delete();
    await terminated.promise;
  });

  it('ends when its client has held no connection for the idle timeout, and not while it holds one', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { idleTimeoutMs: 300 });
    const here = await stage.connect();
    await here.openGet();
    // The end of a POST next to the open stream is not the end of the last one.
    await here.notify('notifications/any');
    const away = await stage.connect();
    await backend.session(1).closed;
    expect((await away.notify('notifications/any')).status).toBe(404);
    expect((await here.notify('notifications/any')).status).toBe(202);
    expect(stage.proxy.snapshot().sessions).toBe(1);
    here.vanish();
    await backend.session(0).closed;
    expect(stage.proxy.snapshot().sessions).toBe(0);
  });

  it('ends when its client vanished in mid-call, though the backend never answers', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { idleTimeoutMs: 300 });
    const client = await stage.connect();
    await startCall(client, 'slow');
    client.vanish();
    await backend.session().closed;
    expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
  });

  it('ends when its client went while a request of it waited for its turn on the same connection', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { idleTimeoutMs: 300 });
    const { sessionId = '' } = await stage.connect();
    const { host, port } = new URL(stage.url);
    const socket = createConnection(Number(port), '127.0.0.1');
    const get = `GET /mcp HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\nmcp-session-id: ${sessionId}\r\n\r\n`;
    const second = new Promise<void>((resolve) => {
      let come = 0;
      stage.http.on('request', () => (++come === 2 ? resolve() : undefined));
    });
    socket.write(get + get);
    await second;
    socket.destroy();
    await backend.session().closed;
    expect(stage.proxy.snapshot().sessions).toBe(0);
  });

  it('ends when its client gave up before it was initialized, and nobody can take that up again', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(silently(backend));
    const initialize = stage.client().start('initialize', INITIALIZE);
    await initialize.exchange;
    expect(stage.proxy.snapshot().sessions).toBe(1);
    await initialize.drop();
    await expect.poll(() => stage.proxy.snapshot().sessions).toBe(0);
    // The client's next attempt would find its backend, but none comes. That nobody is there for its answer is no news.
    await stage.proxy.close();
    await backend.session().closed;
    expect(stage.errors).toEqual([]);
  });

  it('waits for a client that gave up before it was initialized, where it can resume that', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(silently(backend), { eventStore: () => new MemoryEventStore() });
    const client = stage.client();
    const gone = new Promise<void>((resolve) => {
      stage.http.once('request', (_request, response) => response.once('close', resolve));
    });
    const initialize = client.start('initialize', INITIALIZE);
    const [priming] = await Promise.all([client.next(() => true), initialize.exchange]);
    await Promise.all([initialize.drop(), gone]);
    await client.openGet(priming.eventId);
    const answer = client.next(({ message }) => message.id === initialize.id);
    await backend.session().send({ id: initialize.id, result: {} });
    expect((await answer).stream).toBe('GET');
  });

  it('ends when its backend closes the connection, at once and alone', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const [one, other] = [await stage.connect(), await stage.connect()];
    const calls = [await startCall(one, 'slow'), await startCall(one, 'slow')];
    const unaffected = await startCall(other, 'slow');
    await backend.session(0).transport.close();
    for (const { response } of calls) {
      expect((await response).error).toMatchObject({
        code: -32000,
        message: expect.stringContaining('backend') as string,
      });
    }
    expect((await one.notify('notifications/any')).status).toBe(404);
    expect(stage.errors.map(({ message }) => message)).toEqual([expect.stringContaining('has closed the connection')]);
    await backend.session(1).send({ id: unaffected.id, result: { content: [{ type: 'text', text: 'fine' }] } });
    expect(await textOf(unaffected)).toBe('fine');
  });

  it('is gone when its backend cannot be started, and its initialize answered with the reason', async () => {
    const server = createServer();
    const deadUrl = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const failures = [
      () => new StdioClientTransport({ command: '/no/such/command' }),
      () => Promise.reject(new Error('no backend today')),
      () => {
        throw new Error('no backend at all');
      },
      () => new StreamableHTTPClientTransport(new URL(deadUrl)),
    ];
    for (const upstream of failures) {
      const stage = await open(upstream);
      const client = stage.client();
      const { error } = await client.request('initialize', INITIALIZE);
      expect(error?.code).toBe(-32000);
      expect(error?.message).toMatch(/ENOENT|no backend|ECONNREFUSED/);
      expect(error?.message).not.toMatch(/\n|\bat \S+:\d/);
      expect(stage.proxy.snapshot().sessions).toBe(0);
      expect((await client.notify('notifications/initialized')).status).toBe(404);
      // Once, whether its transport has told it or not.
      expect(stage.errors.map(({ message }) => message)).toEqual([
        expect.stringMatching(/ENOENT|no backend|fetch failed/),
      ]);
    }
  });

  it('is gone, and nothing else is, when its backend fails to start after the client has said it is ready', async () => {
    const failed = deferred();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    closing(() => process.off('unhandledRejection', note));
    const stage = await open(() => {
      const [transport] = InMemoryTransport.createLinkedPair();
      transport.start = async () => failed.promise;
      return transport;
    });
    const client = stage.client();
    const initialize = client.start('initialize', INITIALIZE);
    await initialize.exchange;
    await client.notify('notifications/initialized');
    failed.reject(new Error('refused late'));
    expect((await initialize.response).error?.message).toContain('refused late');
    // An unhandled rejection is told after the tick in which it was found.
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  });

  it('is gone when its backend refuses to initialize it', async () => {
    const stage = await open(async () => {
      const [client, server] = InMemoryTransport.createLinkedPair();
      server.onmessage = (message) => {
        const error = { code: -32602, message: 'not with you' };
        if ('id' in message && message.id !== undefined) void server.send({ jsonrpc: '2.0', id: message.id, error });
      };
      await server.start();
      return client;
    });
    const client = stage.client();
    expect((await client.request('initialize', INITIALIZE)).error).toEqual({ code: -32602, message: 'not with you' });
    expect((await client.notify('notifications/initialized')).status).toBe(404);
  });

  it('closes a backend that was still being connected when its client left', async () => {
    const connecting = deferred<InMemoryTransport>();
    const aborted = deferred();
    const stage = await open(({ signal }) => {
      signal.onabort = () => {
        aborted.resolve();
      };
      return connecting.promise;
    });
    const client = stage.client();
    const { exchange } = client.start('initialize', INITIALIZE);
    await exchange;
    const closed = stage.proxy.close();
    await aborted.promise;
    const [transport] = InMemoryTransport.createLinkedPair();
    const transportClosed = new Promise<void>((resolve) => (transport.onclose = resolve));
    connecting.resolve(transport);
    await Promise.all([transportClosed, closed]);
  });
});

describe('close()', () => {
  it('lets calls in flight finish, and refuses new calls and new sessions meanwhile', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect();
    const call = await startCall(client, 'slow');
    const closed = stage.proxy.close({ graceMs: 10_000 });

    expect((await client.request('tools/list')).error?.message).toMatch(/shutting down/);
    const newcomer = await stage.client().post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: INITIALIZE });
    expect(newcomer.status).toBe(503);
    await backend.session().send({ id: call.id, result: { content: [{ type: 'text', text: 'done' }] } });
    expect(await textOf(call)).toBe('done');
    await closed;
    expect(stage.proxy.snapshot()).toEqual(NOTHING_OPEN);
  });

  it('waits until the last answer is written, however long that takes', async () => {
    const backend = new ScriptedBackend();
    const storing = deferred();
    const stored = deferred();
    const store = new MemoryEventStore();
    const storeEvent = store.storeEvent.bind(store);
    store.storeEvent = async (streamId, message) => {
      if ('result' in message && message.id === 'last') {
        storing.resolve();
        await stored.promise;
      }
      return storeEvent(streamId, message);
    };
    const stage = await open(backend.upstream, { eventStore: () => store });
    const client = await stage.connect();
    const call = client.start('tools/call', { name: 'slow' }, 'last');
    await call.exchange;
    const closed = stage.proxy.close({ graceMs: 10_000 });
    await backend.session().send({ id: 'last', result: { content: [{ type: 'text', text: 'all of it' }] } });
    await storing.promise;
    // In this time it could close.
    await new Promise((resolve) => setImmediate(resolve));
    stored.resolve();
    expect(await textOf(call)).toBe('all of it');
    await closed;
  });

  it('answers what is in flight when the time is up, and closes each backend', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const [one, other] = [await stage.connect(), await stage.connect()];
    const calls = [await startCall(one, 'slow'), await startCall(other, 'slow')];
    await Promise.all([stage.proxy.close({ graceMs: 10 }), stage.proxy.close()]);
    for (const { response } of calls) expect((await response).error?.message).toMatch(/shutting down/);
    await Promise.all(backend.sessions.map(({ closed }) => closed));
  });

  it('completes routes$', async () => {
    const stage = await open('in-memory');
    await stage.connect();
    const completed = new Promise<void>((resolve) => stage.proxy.routes$.subscribe({ complete: resolve }));
    await stage.proxy.close();
    await completed;
  });
});
