/** What a modern client gets on the stream of its call, and what becomes of a call whose client is away. */
import { describe, expect, it } from 'vitest';
import { doors } from './door-stage.js';
import { openPost, post, suspensionIn } from './raw-modern.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const open = doors();

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

describe('log messages', () => {
  it.each([
    { logLevel: undefined, told: [] },
    { logLevel: 'warning', told: ['warning l', 'error l'] },
    { logLevel: 'debug', told: ['debug l', 'info l', 'warning l', 'error l'] },
  ])('are told from the level on that the call asks for: $logLevel', async ({ logLevel, told }) => {
    const { url } = await open();
    const meta = logLevel === undefined ? {} : { [LOG_LEVEL]: logLevel };
    const { messages } = await post(url, 'tools/call', { name: 'logs', arguments: { tag: 'l' } }, { meta });
    const logs = messages.filter(({ method }) => method === 'notifications/message');
    expect(logs.map(({ params }) => params?.['data'])).toEqual(told);
    expect(messages).toHaveLength(told.length + 1);
  });
});

describe('progress', () => {
  it('has the token of the client, and comes before the result', async () => {
    const { url } = await open();
    const options = { meta: { progressToken: 'mine' } };
    const { messages } = await post(url, 'tools/call', { name: 'progress', arguments: { tag: 'p' } }, options);
    expect(messages.map(({ params, result }) => params?.['progressToken'] ?? result?.['resultType'])).toEqual([
      ...['mine', 'mine', 'mine'],
      'complete',
    ]);
  });
});

describe('a client that closes the stream of its call', () => {
  it('cancels the call', async () => {
    const { url, journal } = await open();
    const leaving = new AbortController();
    const params = { name: 'hang', arguments: { tag: 'h' } };
    const call = openPost(url, 'tools/call', params, { signal: leaving.signal });
    await expect.poll(() => journal.runs.get('hang h')).toBe(1);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => journal.cancelled).toEqual(['h']);
  });

  it('does not cancel a call that is suspended', async () => {
    const { url, journal } = await open();
    const { requestState, inputRequests } = suspensionIn(
      await post(url, 'tools/call', { name: 'ask', arguments: { tag: 's' } }),
    );
    const inputResponses = Object.fromEntries(
      Object.keys(inputRequests).map((key) => [key, { action: 'accept', content: { answer: 'late' } }]),
    );
    const retry = { name: 'ask', arguments: { tag: 's' }, requestState, inputResponses };
    const { last } = await post(url, 'tools/call', retry);
    expect(last.result).toMatchObject({ content: [{ text: 'late' }] });
    expect(journal.cancelled).toEqual([]);
  });

  it('leaves its session to nobody while the backend may work for it', async () => {
    const { url, journal } = await open();
    const leaving = new AbortController();
    const call = openPost(url, 'tools/call', { name: 'hang', arguments: { tag: 'h' } }, { signal: leaving.signal });
    await expect.poll(() => journal.runs.get('hang h')).toBe(1);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => journal.cancelled).toEqual(['h']);
    await post(url, 'tools/list', {});
    expect(journal.sessions).toBe(2);
  });
});

describe('a suspended call', () => {
  it('keeps the result for its client', async () => {
    const { url, proxy, journal } = await open();
    const params = { name: 'impatient', arguments: { tag: 'i' } };
    const { requestState } = suspensionIn(await post(url, 'tools/call', params));
    expect(proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: 1, inFlight: 1, suspended: 1, leased: 1 });
    journal.patience.resolve();
    await expect.poll(() => proxy.snapshot().inFlight).toBe(0);
    const { last } = await post(url, 'tools/call', { ...params, requestState, inputResponses: {} });
    expect(last.result).toMatchObject({ resultType: 'complete', content: [{ text: 'went on' }] });
  });

  it('is asked again for what is missing, under the same key', async () => {
    const { url } = await open();
    const params = { name: 'two', arguments: { tag: 't' } };
    const first = suspensionIn(await post(url, 'tools/call', params));
    expect(Object.keys(first.inputRequests)).toEqual(['elicitation-1', 'elicitation-2']);
    const some = { 'elicitation-1': { action: 'accept', content: { answer: 'one' } }, unknown: {} };
    const second = suspensionIn(
      await post(url, 'tools/call', { ...params, requestState: first.requestState, inputResponses: some }),
    );
    expect(Object.keys(second.inputRequests)).toEqual(['elicitation-2']);
    expect(second.requestState).not.toBe(first.requestState);
    const { last } = await post(url, 'tools/call', {
      ...params,
      requestState: second.requestState,
      inputResponses: { 'elicitation-2': { action: 'accept', content: { answer: 'two' } } },
    });
    expect(last.result).toMatchObject({ content: [{ text: 'one, two' }] });
  });

  it('ends with an error if its backend dies', async () => {
    const { url, endBackends } = await open();
    const params = { name: 'ask', arguments: { tag: 'd' } };
    const { requestState } = suspensionIn(await post(url, 'tools/call', params));
    await endBackends();
    const { last } = await post(url, 'tools/call', { ...params, requestState, inputResponses: {} });
    expect(last.error?.message).toContain('broke off its answer');
  });
});

describe('what has gone from the protocol', () => {
  it.each(['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'tasks/list'])(
    'is not found: %s',
    async (method) => {
      const { url, journal } = await open();
      const { status, last } = await post(url, method, {});
      expect(status).toBe(404);
      expect(last.error).toMatchObject({ code: -32601 });
      expect(journal.sessions).toBe(0);
    },
  );

  it('is not found by the backend, either', async () => {
    const { url } = await open();
    const { status, last } = await post(url, 'nobody/knows', {});
    expect(status).toBe(404);
    expect(last.error).toMatchObject({ code: -32601 });
  });
});

describe('streams and sessions', () => {
  it.each(['GET', 'DELETE'])('are not opened nor ended: %s', async (method) => {
    const { url, proxy } = await open();
    const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28' };
    const byNode = await fetch(url, { method, headers });
    const byFetch = await proxy.fetch(new Request(url, { method, headers }));
    for (const { status, headers: answered } of [byNode, byFetch])
      expect([status, answered.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('lists', () => {
  it('must not be kept', async () => {
    const { url } = await open();
    const { last } = await post(url, 'tools/list', {});
    expect(last.result).toMatchObject({ resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
  });
});

describe('an id that JavaScript cannot hold', () => {
  it('comes back as it was sent', async () => {
    const { url } = await open();
    const meta =
      '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
    const body = `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/list","params":{${meta}}}`;
    const types = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const headers = { ...types, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(await response.text()).toContain('"id":9007199254740993,');
  });
});

describe('a proxy that is shutting down', () => {
  it('waits for those who come back in time', async () => {
    const { url, proxy } = await open();
    const params = { name: 'ask', arguments: { tag: 'g' } };
    const { requestState } = suspensionIn(await post(url, 'tools/call', params));
    const closed = proxy.close({ graceMs: 10_000 });
    const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: 'in time' } } };
    const { last } = await post(url, 'tools/call', { ...params, requestState, inputResponses });
    expect(last.result).toMatchObject({ content: [{ text: 'in time' }] });
    await closed;
    expect(proxy.snapshot()).toEqual(NOTHING_OPEN);
  });

  it('waits no longer than it is told', async () => {
    const { url, proxy } = await open();
    suspensionIn(await post(url, 'tools/call', { name: 'ask', arguments: { tag: 'g' } }));
    await proxy.close();
    expect(proxy.snapshot()).toEqual(NOTHING_OPEN);
  });
});

describe('a client that accepts no stream', () => {
  it('gets the last message only', async () => {
    const { url } = await open();
    const options = { meta: { [LOG_LEVEL]: 'debug' }, headers: { accept: 'application/json' } };
    const { messages, last } = await post(url, 'tools/call', { name: 'logs', arguments: { tag: 'l' } }, options);
    expect(messages).toHaveLength(1);
    expect(last.result).toMatchObject({ content: [{ text: 'logged' }] });
  });
});

describe('a client that has left before its request is handled', () => {
  it('is answered, so that the host of fetch does not wait', async () => {
    const { url, proxy, journal } = await open();
    const leaving = new AbortController();
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const request = new Request(url, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'echo',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', _meta: meta } }),
    });
    const answered = proxy.fetch(request);
    leaving.abort();
    expect((await answered).status).toBeGreaterThanOrEqual(400);
    expect(journal.runs.size).toBe(0);
  });
});
