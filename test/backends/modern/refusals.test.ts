/** Refusals over HTTP that are no messages. */
import { inputRequired } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModernHttpTransport } from '../../../src/backends/modern/index.js';
import { FORM, modernStage, type Seen } from './modern-stage.js';

const isCall = ({ body }: Seen): boolean => body.method === 'tools/call';

function unauthorized({ response }: Seen): true {
  response.writeHead(401, { 'www-authenticate': 'Bearer realm="modern"' }).end('{"error":"invalid_token: secret"}');
  return true;
}

describe('a modern server that refuses a request', () => {
  it('with 401 is heard by the sender of the request', async () => {
    const stage = await modernStage(() => undefined, { intercept: (seen) => isCall(seen) && unauthorized(seen) });
    const transport = new ModernHttpTransport(new URL(stage.backendUrl));
    const reported: Error[] = [];
    transport.onerror = (error) => reported.push(error);

    const refused = transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } });

    await expect(refused).rejects.toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="modern"' },
    });
    expect(reported).toMatchObject([{ status: 401 }]);
    await transport.close();
  });

  it('only when the call goes on fails the call, and does not show the client what may be the secret of another', async () => {
    const stage = await modernStage(
      (server) => {
        server.registerTool('ask', { inputSchema: z.object({}) }, () =>
          inputRequired({ inputRequests: { who: inputRequired.elicit({ message: 'who?', requestedSchema: FORM }) } }),
        );
      },
      { intercept: (seen) => seen.body.params?.['inputResponses'] !== undefined && unauthorized(seen) },
    );
    const client = await stage.connect();

    await expect(client.callTool({ name: 'ask' })).rejects.toThrow(
      /refused to go on with this request: it answers 401$/,
    );
    await client.ping();
  });

  it('with 404 and no message does not end the session', async () => {
    const stage = await modernStage(() => undefined, {
      intercept: (seen) => {
        if (isCall(seen)) seen.response.writeHead(404).end('not here');
        return isCall(seen);
      },
    });
    const client = await stage.connect();

    await expect(client.callTool({ name: 'x' })).rejects.toThrow('404');
    await client.ping();
  });

  it('is asked whether it accepts other headers of the client, since there is no ping', async () => {
    const stage = await modernStage(() => undefined, {
      intercept: (seen) => seen.headers.authorization === 'Bearer old' && unauthorized(seen),
    });
    const transport = new ModernHttpTransport(new URL(stage.backendUrl));
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const told: unknown[] = [];
    transport.onmessage = (message) => told.push(message);

    await expect(transport.send(ping, { headers: { authorization: 'Bearer old' } })).rejects.toMatchObject({
      status: 401,
    });
    await transport.send(ping, { headers: { authorization: 'Bearer new' } });

    expect(told).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    await transport.close();
  });

  it.each([
    ['without an id', '{"jsonrpc":"2.0","error":{"code":-5,"message":"what?"}}'],
    ['with the id null', '{"jsonrpc":"2.0","id":null,"error":{"code":-5,"message":"what?"}}'],
  ])('by an error %s answers the request that was posted', async (_, body) => {
    for (const status of [200, 400]) {
      const stage = await modernStage(() => undefined, {
        intercept: ({ response }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(body);
          return true;
        },
      });
      const transport = new ModernHttpTransport(new URL(stage.backendUrl));
      const told = new Promise((resolve) => (transport.onmessage = resolve));

      await transport.send({ jsonrpc: '2.0', id: 'mine', method: 'tools/list' });

      expect(await told).toEqual({ jsonrpc: '2.0', id: 'mine', error: { code: -5, message: 'what?' } });
      await transport.close();
    }
  });

  it('and cannot be reached fails the call', async () => {
    const transport = new ModernHttpTransport(new URL('http://127.0.0.1:1/'));
    await expect(transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).rejects.toThrow();
    await transport.close();
  });
});
