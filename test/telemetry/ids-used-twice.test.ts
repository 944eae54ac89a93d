/** Ids that are used for two requests at once. */
import { instrument } from 'mcp-backchannel/telemetry';
import { describe, expect, it } from 'vitest';
import { NullHttpTransport } from '../support/null-transport.js';
import { proxyRigs, spanIdIn } from './proxy-rig.js';
import { tracedTests } from './tracing.js';

const tracing = tracedTests();

const rig = proxyRigs();

describe('two calls with the same id', () => {
  it('have spans of their own, which end in the order in which they began', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const first = client.start('tools/call', { name: 'first' }, 'same');
    await session.got({ method: 'tools/call' });
    const second = client.start('prompts/get', { name: 'second' }, 'same');
    const forwarded = await session.got({ method: 'prompts/get' });
    await session.send({ id: 'same', result: { content: [] } });
    await session.send({ id: 'same', error: { code: 7, message: 'no' } });
    await Promise.all([first.response, second.response]);

    for (const kind of ['SERVER', 'CLIENT'] as const) {
      expect(tracing.span(kind, 'tools/call first').attributes).not.toHaveProperty('error.type');
      expect(tracing.span(kind, 'prompts/get second').attributes).toMatchObject({ 'error.type': '7' });
    }
    expect(tracing.span('CLIENT', 'prompts/get second').spanContext().spanId).toBe(spanIdIn(forwarded));
  });

  it('can both be cancelled', async () => {
    const { join } = await rig();
    const [client, session] = await join();
    const calls = [];
    for (const method of ['tools/call', 'prompts/get']) {
      calls.push(client.start(method, { name: 'any' }, 'same'));
      await session.got({ method });
      await client.notify('notifications/cancelled', { requestId: 'same' });
    }
    await expect.poll(() => session.received.filter(({ method }) => method?.endsWith('cancelled'))).toHaveLength(2);
    await session.send({ id: 'same', result: { content: [] } });
    await session.send({ id: 'same', result: { content: [] } });
    await Promise.all(calls.map(async ({ response }) => response));

    for (const name of ['tools/call any', 'prompts/get any'])
      expect(tracing.span('SERVER', name).events.map((event) => event.name)).toEqual(['mcp_backchannel.cancelled']);
  });
});

describe('two questions with the same id', () => {
  it('have spans of their own, and the first ends when the second comes', async () => {
    const inner = new NullHttpTransport();
    const transport = instrument(inner, { side: 'server' });
    transport.onmessage = () => undefined;
    await transport.send({ jsonrpc: '2.0', id: 'same', method: 'roots/list' });
    await transport.send({ jsonrpc: '2.0', id: 'same', method: 'sampling/createMessage', params: {} });
    const first = tracing.span('CLIENT', 'roots/list');
    expect(first.attributes).toMatchObject({ 'error.type': 'refused' });
    expect(first.status.message).toBe('The id was used for another question');
    inner.deliver({ jsonrpc: '2.0', id: 'same', result: {} });
    expect(tracing.span('CLIENT', 'sampling/createMessage').attributes).not.toHaveProperty('error.type');
  });
});
