/** The client's answer to a server request is refused by the proxy or by its transport: the backend is told. */
import { expect, test } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import { ScriptedBackend } from '../../proxy/scripted-backend.js';
import { proxies } from '../../proxy/support.js';
import { startCall } from '../../support/stage.js';

const open = proxies();
const MAX_BODY_BYTES = 10_000;

async function asked(): Promise<{
  readonly backend: ScriptedBackend;
  readonly client: StrictClient;
  readonly url: string;
}> {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream, { maxBodyBytes: MAX_BODY_BYTES });
  const client = await stage.connect('client', { answers: {} });
  await startCall(client, 'a');
  const params = { message: 'q', requestedSchema: { type: 'object', properties: {} } };
  for (const id of [7, 8]) await backend.session().send({ id, method: 'elicitation/create', params });
  await client.next(({ message }) => message.id === 8, 0);
  return { backend, client, url: stage.url };
}

const WAYS: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    'is too large, and names its request last',
    `{"result":{"much":"${'x'.repeat(3_000_000)}"},"jsonrpc":"2.0","id":7}`,
    {},
  ],
  ['has result: null', '{"jsonrpc":"2.0","id":7,"result":null}', {}],
  ['is no valid JSON', '{"jsonrpc":"2.0","id":7,"result":{"action":oops}}', {}],
  ['has another content type', '{"jsonrpc":"2.0","id":7,"result":{}}', { 'content-type': 'text/plain' }],
  [
    'names an unknown protocol version',
    '{"jsonrpc":"2.0","id":7,"result":{}}',
    { 'mcp-protocol-version': '1999-01-01' },
  ],
];

test.each(WAYS)('44: the backend gets an error when an answer %s', async (_way, body, headers) => {
  const { backend, client, url } = await asked();
  const { status } = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': client.sessionId ?? '',
      ...headers,
    },
  });
  expect(status).toBeGreaterThanOrEqual(400);
  await backend.session().got({ id: 7 });
  expect(backend.session().received.at(-1)).toMatchObject({ id: 7, error: { code: -32000 } });
  expect(backend.session().received.filter(({ id }) => id === 8)).toEqual([]);
});

test('44: a request that is too large settles nothing, though it has the id of a server request', async () => {
  const { backend, client, url } = await asked();
  const body = JSON.stringify({ jsonrpc: '2.0', params: { much: 'x'.repeat(50_000) }, id: 7, method: 'tools/call' });
  const { status } = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': client.sessionId ?? '',
    },
  });
  expect(status).toBe(413);
  await client.notify('notifications/roots/list_changed');
  await backend.session().got({ method: 'notifications/roots/list_changed' });
  expect(backend.session().received.filter(({ id, method }) => id === 7 && method === undefined)).toEqual([]);
});
