/** Without an SDK of OpenTelemetry, nothing is changed, though everything is instrumented. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { withBackchannel } from 'mcp-backchannel';
import { instrument } from 'mcp-backchannel/telemetry';
import { describe, expect, it } from 'vitest';
import { originalText } from '../../src/original-text.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { metaOf, proxyRigs, TRACEPARENT } from './proxy-rig.js';

const rig = proxyRigs();

describe('without an SDK', () => {
  it('the proxy passes on each byte of a call, with its own context', async () => {
    const { url, join } = await rig();
    const [client, session] = await join({ headers: { traceparent: TRACEPARENT } });
    const body = `{"jsonrpc":"2.0", "id":7, "method":"tools/call", "params":{"name":"n", "_meta":{"traceparent":"${TRACEPARENT}"}, "a":1e2}}`;
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': client.sessionId ?? '',
      traceparent: TRACEPARENT,
    };
    const answer = fetch(url, { method: 'POST', body, headers });
    const received = await session.got({ method: 'tools/call' });
    expect(originalText(received)).toBe(body);
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'why' } });
    await session.send({ method: 'notifications/any', params: { a: 1 } });
    await session.send({ id: 7, result: { content: [] } });
    const text = await (await answer).text();
    expect(text).toContain('{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"why"}}');
    expect(text).toContain('{"jsonrpc":"2.0","method":"notifications/any","params":{"a":1}}');
    expect(metaOf(await session.got({ method: 'initialize' }))).toEqual({});
    const notification = '{"jsonrpc":"2.0", "method":"notifications/any", "params":{"a":1e2}}';
    await fetch(url, { method: 'POST', body: notification, headers });
    expect(originalText(await session.got({ method: 'notifications/any' }))).toBe(notification);
  });

  it.each(['server', 'client'] as const)('a transport on the side %s gets the very same objects', async (side) => {
    const inner = new NullHttpTransport();
    const transport = instrument(inner, { side });
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'n' } };
    const notification = { jsonrpc: '2.0', method: 'notifications/any', params: {} };
    const options = { relatedRequestId: 9 };
    for (const [at, sent] of [message, notification].entries()) {
      await transport.send(sent, options);
      expect(inner.sent[at]?.message).toBe(sent);
      expect(inner.sent[at]?.options).toBe(options);
    }

    const received: unknown[] = [];
    transport.onmessage = (...given) => received.push(...given);
    const extra = { requestInfo: { headers: {} } };
    inner.onmessage?.(message, extra);
    expect(received[0]).toBe(message);
    expect(received[1]).toBe(extra);
    inner.onmessage?.(notification, extra);
    expect(received[2]).toBe(notification);
  });
});

describe('an instrumented transport', () => {
  it('is the same as before to whoever looks', () => {
    const bare = new StreamableHTTPServerTransport();
    const transport = instrument(bare);
    const handler = (): void => undefined;
    transport.onmessage = handler;
    transport.onclose = handler;
    expect(transport).toBeInstanceOf(StreamableHTTPServerTransport);
    expect(transport.onmessage).toBe(handler);
    expect(transport.onclose).toBe(handler);
    expect(transport.constructor).toBe(StreamableHTTPServerTransport);
  });

  it('is not instrumented twice, nor wrapped twice', () => {
    const [bare] = InMemoryTransport.createLinkedPair();
    const transport = instrument(bare);
    expect(instrument(transport)).toBe(transport);
    expect(instrument(bare)).toBe(transport);
    const wrapped = withBackchannel(transport);
    expect(instrument(wrapped)).toBe(wrapped);
    const [other] = InMemoryTransport.createLinkedPair();
    const around = instrument(withBackchannel(other));
    expect(withBackchannel(around)).toBe(around);
  });

  it('passes on what is no message, and what its transport throws', async () => {
    const inner = new NullHttpTransport();
    inner.send = async () => Promise.reject(new Error('broken'));
    const transport = instrument(inner);
    const received: unknown[] = [];
    transport.onmessage = (message) => received.push(message);
    for (const odd of [null, 7, { method: 1 }]) inner.onmessage?.(odd as never);
    expect(received).toEqual([null, 7, { method: 1 }]);
    await expect(transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' })).rejects.toThrow('broken');
  });

  it('refuses what is no transport', () => {
    expect(() => instrument({} as never)).toThrow(expect.objectContaining({ code: 'INVALID_TRANSPORT' }));
  });
});
