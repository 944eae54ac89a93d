/** The client's answer to a server request is refused by the proxy or by its transport: the backend is told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import type { StatefulProxy } from 'mcp-backchannel/proxy';
import { describe, expect, test } from 'vitest';
import { StrictClient } from '../../../examples/lib/strict-client.js';
import { ScriptedBackend } from '../../proxy/scripted-backend.js';
import { closers, listen, proxies } from '../../proxy/support.js';
import { JSON_HEADERS } from '../../support/raw-http.js';
import { startCall } from '../../support/stage.js';

const open = proxies();
const closing = closers();
const MAX_BODY_BYTES = 10_000;

type Mount = (proxy: StatefulProxy) => Promise<string>;

const asListener: Mount = async (proxy) => {
  const http = createServer(proxy.listener);
  closing(() => http.close().closeAllConnections());
  return listen(http);
};
const behindParser: Mount = async (proxy) => {
  const http = createServer(
    express()
      .use(express.json({ limit: '10mb' }))
      .use('/mcp', proxy.middleware),
  );
  closing(() => http.close().closeAllConnections());
  return listen(http);
};
const webStandard: Mount = async (proxy) =>
  new Promise((resolve) => {
    const http = serve({ fetch: proxy.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
      resolve(`http://127.0.0.1:${String(port)}/mcp`);
    });
    closing(() => http.close());
  });

/** A backend that has asked twice, and whose client has not answered yet. */
async function asked(mount: Mount): Promise<{
  readonly backend: ScriptedBackend;
  readonly client: StrictClient;
  /** Sends what no client would, in its session. @returns the status */
  readonly post: (body: string, headers?: Readonly<Record<string, string>>) => Promise<number>;
}> {
  const backend = new ScriptedBackend();
  const { proxy } = await open(backend.upstream, { maxBodyBytes: MAX_BODY_BYTES });
  const url = await mount(proxy);
  const client = await StrictClient.connect(url, { answers: {} });
  closing(() => {
    client.vanish();
  });
  await startCall(client, 'a');
  const params = { message: 'q', requestedSchema: { type: 'object', properties: {} } };
  for (const id of [7, 8]) await backend.session().send({ id, method: 'elicitation/create', params });
  await client.next(({ message }) => message.id === 8, 0);
  const session = { ...JSON_HEADERS, 'mcp-session-id': client.sessionId ?? '' };
  return {
    backend,
    client,
    post: async (body, headers) =>
      (await fetch(url, { method: 'POST', body, headers: { ...session, ...headers } })).status,
  };
}

const WAYS: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    'is too large, and names its request last',
    `{"result":{"much":"${'x'.repeat(3_000_000)}"},"jsonrpc":"2.0","id":7}`,
    {},
  ],
  ['has result: null', '{"jsonrpc":"2.0","id":7,"result":null}', {}],
  [
    'names an unknown protocol version',
    '{"jsonrpc":"2.0","id":7,"result":{}}',
    { 'mcp-protocol-version': '1999-01-01' },
  ],
];

/** A framework that parses the body refuses these itself, and the proxy never hears of them. */
const UNPARSED: typeof WAYS = [
  ['is no valid JSON', '{"jsonrpc":"2.0","id":7,"result":{"action":oops}}', {}],
  ['has another content type', '{"jsonrpc":"2.0","id":7,"result":{}}', { 'content-type': 'text/plain' }],
];

const MOUNTS: readonly (readonly [string, Mount, typeof WAYS])[] = [
  ['as a listener', asListener, [...WAYS, ...UNPARSED]],
  ['behind a body parser', behindParser, WAYS],
  ['as a web-standard handler', webStandard, [...WAYS, ...UNPARSED]],
];

describe.each(MOUNTS)('44: %s', (_mount, mount, ways) => {
  test.each(ways)('the backend gets an error when an answer %s', async (_way, body, headers) => {
    const { backend, post } = await asked(mount);
    expect(await post(body, headers)).toBeGreaterThanOrEqual(400);
    await backend.session().got({ id: 7 });
    expect(backend.session().received.at(-1)).toMatchObject({ id: 7, error: { code: -32000 } });
    expect(backend.session().received.filter(({ id }) => id === 8)).toEqual([]);
  });

  test('a request that is too large settles nothing, though it has the id of a server request', async () => {
    const { backend, client, post } = await asked(mount);
    const body = JSON.stringify({ jsonrpc: '2.0', params: { much: 'x'.repeat(50_000) }, id: 7, method: 'tools/call' });
    expect(await post(body)).toBe(413);
    await client.notify('notifications/roots/list_changed');
    await backend.session().got({ method: 'notifications/roots/list_changed' });
    expect(backend.session().received.filter(({ id, method }) => id === 7 && method === undefined)).toEqual([]);
  });
});
