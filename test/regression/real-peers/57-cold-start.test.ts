/** A backend that takes longer to start than its client waits: the client's next attempt finds the start under way. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import { Started } from '../../cli/support.js';
import { proxies, type ProxyStage } from '../../proxy/support.js';
import { MemoryEventStore } from '../../support/event-store.js';
import { ColdBackend } from './cold-backend.js';

const open = proxies();
const started = new Started();
afterEach(async () => {
  vi.useRealTimers();
  await started.end();
});

const PARAMS = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'c', version: '1' },
};

/** Sends `initialize` and goes away before it is answered. */
async function impatient(
  stage: ProxyStage,
  backend: ColdBackend,
  client: StrictClient,
  params: object = PARAMS,
): Promise<void> {
  const before = backend.starts.length;
  const attempt = client.start('initialize', params);
  await attempt.exchange;
  await backend.until(() => backend.starts.length > before && backend.start(before).received.length > 0);
  client.vanish();
  await expect.poll(() => stage.proxy.snapshot().sessions).toBe(0);
}

/** The text of a call in a session that is initialized. */
async function called(client: StrictClient): Promise<string> {
  await client.notify('notifications/initialized');
  return client.callTool('x');
}

describe('57: a start that its client did not wait for is handed', () => {
  it.each<[string, number]>([
    ['to its next attempt', 1],
    ['to its fourth attempt', 3],
  ])('%s', async (_what, attempts) => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client());
    for (let attempt = 1; attempt < attempts; attempt++) {
      const again = stage.client();
      await again.start('initialize', PARAMS).exchange;
      again.vanish();
      await expect.poll(() => stage.proxy.snapshot().sessions).toBe(0);
    }
    const client = stage.client('last', { firstId: 40 });
    const initialized = client.start('initialize', PARAMS);
    await initialized.exchange;
    await backend.start().ready();
    expect(await initialized.response).toMatchObject({ id: 40, result: { serverInfo: { name: 'cold' } } });
    expect(await called(client)).toBe('hello');
    expect(backend.starts).toHaveLength(1);
    expect(backend.start().received.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
  });

  it('to its next attempt, when it was done in the meantime; with what the backend said', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client());
    await backend.start().send({ method: 'notifications/message', params: { level: 'info', data: 'warm' } });
    await backend.start().ready();
    const client = stage.client();
    expect((await client.request('initialize', PARAMS)).result).toMatchObject({ serverInfo: { name: 'cold' } });
    expect(await called(client)).toBe('hello');
    expect(client.arrivals.map(({ message }) => message.method ?? message.id)).toContain('notifications/message');
    expect(backend.starts).toHaveLength(1);
  });

  it('to its next attempt, where events are kept as well', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream, { eventStore: () => new MemoryEventStore() });
    const client = stage.client();
    await client.start('initialize', PARAMS).exchange;
    await backend.until(() => backend.starts.length === 1 && backend.start().received.length === 1);
    client.vanish();
    const next = stage.client();
    const initialized = next.start('initialize', PARAMS);
    await initialized.exchange;
    await backend.start().ready();
    expect((await initialized.response).result).toMatchObject({ serverInfo: { name: 'cold' } });
    expect(backend.starts).toHaveLength(1);
    expect(stage.proxy.snapshot().sessions).toBe(1);
  });

  it('to its next attempt over web-standard requests', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    const initialize = async (signal?: AbortSignal): Promise<Response> =>
      stage.proxy.fetch(
        new Request('http://127.0.0.1/mcp', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: PARAMS }),
          ...(signal && { signal }),
        }),
      );
    const first = await initialize();
    await backend.until(() => backend.starts.length === 1 && backend.start().received.length === 1);
    await first.body?.cancel();
    const second = await initialize();
    await backend.start().ready();
    expect(await second.text()).toContain('"cold"');
    expect(backend.starts).toHaveLength(1);
  });

  it('to the same user only', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    const as = (authorization: string): StrictClient => stage.client('c', { headers: { authorization } });
    await impatient(stage, backend, as('Bearer ann'));
    await impatient(stage, backend, as('Bearer bob'));
    await impatient(stage, backend, stage.client());
    expect(backend.starts).toHaveLength(3);
    for (const [at, client] of [as('Bearer ann'), as('Bearer bob'), stage.client()].entries()) {
      const initialized = client.start('initialize', PARAMS);
      await initialized.exchange;
      await backend.start(at).ready();
      expect((await initialized.response).result).toBeDefined();
      expect(backend.start(at).request.headers.get('authorization')).toBe(
        ['Bearer ann', 'Bearer bob', null][at] ?? null,
      );
    }
    expect(backend.starts).toHaveLength(3);
  });

  it.each<[string, Record<string, string>, object]>([
    ['that says other things of itself', {}, { ...PARAMS, clientInfo: { name: 'other', version: '1' } }],
    ['that can do other things', {}, { ...PARAMS, capabilities: {} }],
    ['that sends other headers', { 'x-forwarded-for': '10.0.0.2' }, PARAMS],
  ])('to no client %s', async (_who, headers, params) => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client('c', { headers: { 'x-forwarded-for': '10.0.0.1' } }));
    const other = stage.client('c', { headers: { 'x-forwarded-for': '10.0.0.1', ...headers } });
    const initialized = other.start('initialize', params);
    await initialized.exchange;
    await backend.until(() => backend.starts.length === 2 && backend.start(1).received.length === 1);
    await backend.start(1).ready();
    expect((await initialized.response).result).toBeDefined();
    expect(backend.starts).toHaveLength(2);
  });

  it('to a client that names its trace otherwise', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client('c', { headers: { traceparent: 'a', 'x-request-id': '1' } }));
    const next = stage.client('c', { headers: { traceparent: 'b', 'x-request-id': '2' } });
    const initialized = next.start('initialize', PARAMS);
    await initialized.exchange;
    await backend.start().ready();
    expect((await initialized.response).result).toBeDefined();
    expect(backend.starts).toHaveLength(1);
  });

  it('to one client and no second one', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client());
    const [one, other] = [stage.client(), stage.client()];
    const calls = [one.start('initialize', PARAMS), other.start('initialize', PARAMS)];
    await Promise.all(calls.map(async ({ exchange }) => exchange));
    await backend.until(() => backend.starts.length === 2 && backend.start(1).received.length === 1);
    await Promise.all(backend.starts.map(async (start) => start.ready()));
    for (const { response } of calls) expect((await response).result).toBeDefined();
    expect(stage.proxy.snapshot().sessions).toBe(2);
  });
});

describe('57: a start that nobody came back for', () => {
  it('is ended after two minutes', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    const client = stage.client();
    await client.start('initialize', PARAMS).exchange;
    await backend.until(() => backend.starts.length === 1 && backend.start().received.length === 1);
    // The two minutes begin when the client is gone; the response head was sent by a timer of its own.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    client.vanish();
    while (stage.proxy.snapshot().sessions > 0) await new Promise(setImmediate);
    vi.advanceTimersByTime(119_999);
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    expect(backend.start().isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await backend.start().closed;
  });

  it('is ended with the proxy', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client());
    expect(backend.start().isClosed).toBe(false);
    await stage.proxy.close();
    await backend.start().closed;
  });

  it('takes no place from a client that comes', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream, { maxSessions: 1 });
    await impatient(stage, backend, stage.client());
    const other = stage.client('c', { headers: { authorization: 'Bearer other' } });
    const initialized = other.start('initialize', PARAMS);
    await initialized.exchange;
    await backend.until(() => backend.starts.length === 2 && backend.start(1).received.length === 1);
    expect(backend.start().isClosed).toBe(true);
    await backend.start(1).ready();
    expect((await initialized.response).result).toBeDefined();
  });

  it('that fails in the meantime is no start any more: the next attempt begins anew', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    await impatient(stage, backend, stage.client());
    await backend.start().server.close();
    const next = stage.client();
    const initialized = next.start('initialize', PARAMS);
    await initialized.exchange;
    await backend.until(() => backend.starts.length === 2 && backend.start(1).received.length === 1);
    await backend.start(1).ready();
    expect((await initialized.response).result).toBeDefined();
  });

  it('is one of a few: more of them end the oldest', async () => {
    const backend = new ColdBackend();
    const stage = await open(backend.upstream);
    for (let user = 0; user < 17; user++)
      await impatient(stage, backend, stage.client('c', { headers: { authorization: `Bearer ${user}` } }));
    await backend.start().closed;
    expect(backend.starts.slice(1).some(({ isClosed }) => isClosed)).toBe(false);
  });
});

it('57: through the command, an SDK client that gives up finds the server that it has started', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cold-'));
  started.add({ close: async () => rm(directory, { recursive: true }) });
  const marker = join(directory, 'warm');
  const server = `
    console.error('started');
    const { existsSync } = require('node:fs');
    const warm = (go) => existsSync(${JSON.stringify(marker)}) ? go() : setTimeout(warm, 20, go);
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id === undefined) return;
      const { protocolVersion } = params ?? {};
      const info = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'cold', version: '1' } };
      warm(() => console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? info : { tools: [] } })));
    });
  `;
  const { url, command } = await started.endpoint(['--', process.execPath, '-e', server]);
  const connect = async (timeout: number): Promise<Client> => {
    const client = started.add(new Client({ name: 'c', version: '1' }));
    await client.connect(new StreamableHTTPClientTransport(new URL(url)), { timeout });
    return client;
  };
  const first = connect(300);
  await command.line(/started$/);
  await expect(first).rejects.toThrow(/timed out/);
  const second = connect(60_000);
  await writeFile(marker, '');
  expect(await (await second).listTools()).toEqual({ tools: [] });
  expect(command.stderr.filter((line) => line.endsWith('started'))).toHaveLength(1);
});
