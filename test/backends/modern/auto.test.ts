import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackend } from '../../../examples/lib/backend.js';
import { serve } from '../../../examples/lib/serve.js';
import { AutoTransport } from '../../../src/backends/modern/auto-transport.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { modernStage, textOf, toolText, type Equip, type Seen } from './modern-stage.js';

const equip: Equip = (server) => {
  server.registerTool('one', { inputSchema: z.object({}) }, () => toolText('one'));
};

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'first',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'ann', version: '1' } },
};

const methodsOf = (seen: readonly Seen[]): readonly string[] => seen.map(({ body }) => body.method);

/** Answers every request with this refusal. */
function refusing(status: number, error: object): (seen: Seen) => boolean {
  return ({ response, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: body.id, error }));
    return true;
  };
}

describe('a server of unknown revision', () => {
  it('is found to be modern by its refusal of a session, once for all sessions', async () => {
    const era = { isModern: false };
    const stage = await modernStage(equip, {
      upstream: () => new AutoTransport(new URL(stage.backendUrl), era),
    });

    const client = await stage.connect();
    expect(textOf(await client.callTool({ name: 'one' }))).toBe('one');
    expect(methodsOf(stage.seen).slice(0, 2)).toEqual(['initialize', 'server/discover']);

    stage.seen.length = 0;
    const other = await stage.connect({ name: 'ben' });
    expect(textOf(await other.callTool({ name: 'one' }))).toBe('one');
    expect(methodsOf(stage.seen)[0]).toBe('server/discover');
    expect(methodsOf(stage.seen)).not.toContain('initialize');
    expect(stage.errors).toEqual([]);
  });

  it('that offers sessions notices nothing', async () => {
    const asked: (string | undefined)[] = [];
    const legacy = await serve({
      onSession: async (transport) => {
        const handle = transport.handleRequest.bind(transport);
        transport.handleRequest = async (request, ...rest) => {
          asked.push(request.method);
          await handle(request, ...rest);
        };
        await createBackend().connect(transport);
        return transport;
      },
    });
    const era = { isModern: false };
    const stage = await modernStage(equip, { upstream: () => new AutoTransport(new URL(legacy.url), era) });

    const client = await stage.connect();
    await client.ping();

    expect(client.getServerCapabilities()).toMatchObject({ tools: {} });
    // initialize, initialized and the standalone stream, ping
    expect([...asked].sort()).toEqual(['GET', 'POST', 'POST', 'POST']);
    expect(era.isModern).toBe(false);
    await client.close();
    await legacy.close();
  });

  it.each([
    ['for another reason', 400, { code: -32_000, message: 'no room' }, ['initialize']],
    [
      'as a modern server would, and knows nothing else',
      404,
      { code: -32_601, message: 'what?' },
      ['initialize', 'server/discover'],
    ],
  ])('that refuses %s is believed', async (_, status, error, methods) => {
    const stage = await modernStage(equip, { intercept: refusing(status, error) });
    const transport = new AutoTransport(new URL(stage.backendUrl), { isModern: false });
    const told: JsonRpcMessage[] = [];
    transport.onmessage = (message) => told.push(message);

    await transport.send(INITIALIZE);

    expect(told).toEqual([{ jsonrpc: '2.0', id: 'first', error }]);
    expect(methodsOf(stage.seen)).toEqual(methods);
    await transport.close();
  });

  it.each(['application/json', 'text/event-stream'])(
    'is asked what it is if it does not refuse, but names a revision without sessions, in %s',
    async (type) => {
      const era = { isModern: false };
      const stage = await modernStage(equip, {
        upstream: () => new AutoTransport(new URL(stage.backendUrl), era),
        intercept: ({ body, response }) => {
          if (body.method !== 'initialize') return false;
          const result = { protocolVersion: '2026-07-28', capabilities: {}, serverInfo: { name: 'm', version: '1' } };
          const json = JSON.stringify({ jsonrpc: '2.0', id: body.id, result });
          response.writeHead(200, { 'content-type': type, 'mcp-session-id': 'none' });
          response.flushHeaders();
          response.end(type === 'application/json' ? json : `data: ${json}\n\n`);
          return true;
        },
      });

      const client = await stage.connect();

      expect(textOf(await client.callTool({ name: 'one' }))).toBe('one');
      expect(era.isModern).toBe(true);
      expect(stage.errors).toEqual([]);
    },
  );

  it('that was modern and offers sessions now gets them', async () => {
    const legacy = await serve({
      onSession: async (transport) => {
        await createBackend().connect(transport);
        return transport;
      },
    });
    const era = { isModern: true };
    const stage = await modernStage(equip, { upstream: () => new AutoTransport(new URL(legacy.url), era) });

    const client = await stage.connect();

    expect(client.getServerCapabilities()).toMatchObject({ tools: {} });
    expect(era.isModern).toBe(false);
    await client.close();
    await legacy.close();
  });
});
