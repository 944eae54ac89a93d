/** The step-up of SDK 2.x servers: the answer to a request whose token will not do is that of the SDK's transport. */
import { createServer } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport, type ScopeChallengeResolver } from 'mcp-backchannel/http';
import { expect, test } from 'vitest';
import { closers, listen } from '../proxy/support.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';

const closing = closers();

const CALL = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'any' } };

type Either = Pick<StreamableHTTPServerTransport, 'handleRequest' | 'setScopeChallengeResolver'> & {
  onmessage?: unknown;
  onerror?: unknown;
  send(message: unknown): Promise<void>;
  start(): Promise<void>;
};

interface Outcome {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
  readonly errors: string[];
  readonly received: string[];
}

async function outcome(transport: Either, resolver: ScopeChallengeResolver, auth: unknown): Promise<Outcome> {
  const errors: string[] = [];
  const received: string[] = [];
  transport.onerror = (error: Error) => errors.push(error.message);
  transport.onmessage = (message: { readonly id: number; readonly method: string }) => {
    received.push(message.method);
    void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
  };
  await transport.start();
  const http = createServer((request, response) => {
    void transport.handleRequest(Object.assign(request, { auth }), response);
  });
  const url = await listen(http);
  closing(() => {
    http.close().closeAllConnections();
  });
  const post = async (message: object, more = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body: JSON.stringify(message), headers: { ...JSON_HEADERS, ...more } });
  const begun = await post(INITIALIZE_MESSAGE);
  await begun.text();
  transport.setScopeChallengeResolver(resolver);
  const answer = await post(CALL, { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' });
  const text = await answer.text();
  const challenge = answer.headers.get('www-authenticate');
  return { status: answer.status, challenge, body: answer.ok ? text : JSON.parse(text), errors, received };
}

const AUTH = { token: 't', clientId: 'c', scopes: [] };

const CASES: readonly (readonly [string, ScopeChallengeResolver, unknown])[] = [
  ['a token that will do', () => undefined, AUTH],
  ['one scope is missing', () => ({ scopes: ['files:write'] }), AUTH],
  ['two are, and it says why', async () => Promise.resolve({ scopes: ['a', 'b'], errorDescription: 'more' }), AUTH],
  ['a resource is known', () => ({ scopes: ['a'] }), { ...AUTH, resource: new URL('https://example.com/mcp/?a=1#b') }],
  ['its root is', () => ({ scopes: ['a'] }), { ...AUTH, resource: new URL('https://example.com') }],
  ['a resource of another kind is', () => ({ scopes: ['a'] }), { ...AUTH, resource: new URL('urn:mcp') }],
  ['its metadata are', () => ({ scopes: ['a'] }), { ...AUTH, resourceMetadataUrl: 'https://example.com/meta' }],
  ['nobody is authorized', () => ({ scopes: ['a'] }), undefined],
];

test.each(CASES)('%s: the same answer as from the SDK', async (_name, resolver, auth) => {
  const options = { sessionIdGenerator: () => 'the session' };
  const sdk = await outcome(new NodeStreamableHTTPServerTransport(options), resolver, auth);
  const ours = await outcome(new StreamableHTTPServerTransport(options), resolver, auth);
  expect(ours).toEqual(sdk);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['names no scope', () => ({ scopes: [] })],
  ['names what is no scope', () => ({ scopes: ['a b'] })],
  ['describes it with quotes', () => ({ scopes: ['a'], errorDescription: '"' })],
] as const)('a server that %s gets its error, and the client 500', async (_name, resolver) => {
  const options = { sessionIdGenerator: () => 'the session' };
  const sdk = await outcome(new NodeStreamableHTTPServerTransport(options), resolver, AUTH);
  const ours = await outcome(new StreamableHTTPServerTransport(options), resolver, AUTH);
  expect({ ...ours, errors: ours.errors.length }).toEqual({ ...sdk, errors: sdk.errors.length });
  expect(ours.status).toBe(500);
});
