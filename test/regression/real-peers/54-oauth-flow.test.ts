/** The whole of it, with a real authorization server: the client does not see whether we are there. */
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
  UnauthorizedError as UnauthorizedError2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Started } from '../../cli/support.js';
import { send } from '../../proxy/raw-http.js';
import { accept } from '../../support/accept.js';
import { Application, startAuthorizationServer, type AuthorizationServer } from './authorization-server.js';
import {
  challenge,
  json,
  startProtected,
  type Heard,
  type ProtectedBackend,
  type Refusal,
} from './protected-backend.js';

const RESOURCE = '/.well-known/oauth-protected-resource';

const started = new Started();
afterEach(async () => started.end());

let issuer: AuthorizationServer;
let backend: ProtectedBackend;
/** Of tokens that are not valid any more. */
let revoked: Set<string>;
/** Where clients reach the backend: it takes tokens for no other place. */
let audience: string;

beforeEach(async () => {
  issuer = started.add(await startAuthorizationServer());
  backend = started.add(await startProtected());
  revoked = new Set();
  backend.guard = guard;
  const document = { resource: backend.url, authorization_servers: [issuer.issuer], scopes_supported: ['files:read'] };
  backend.documents.set(`${RESOURCE}/mcp`, () => json(document));
});

function guard({ headers, message }: Heard): Refusal | undefined {
  const metadata = `resource_metadata="${new URL(`${RESOURCE}/mcp`, backend.url).href}"`;
  const claims = issuer.claimsOf(headers.authorization);
  if (claims === undefined) return challenge(401, metadata);
  if (revoked.has(claims.jti) || claims.aud !== audience) return challenge(401, `error="invalid_token", ${metadata}`);
  const isEnough =
    (message?.params as { name?: string } | undefined)?.name !== 'log' || claims.scope?.includes('files:write');
  return isEnough
    ? undefined
    : challenge(403, `error="insufficient_scope", scope="files:read files:write", ${metadata}`);
}

/** Straight, and through us. */
const WAYS = [
  ['straight', () => Promise.resolve(backend.url)],
  ['through the command', serve],
  ['through the command, which keeps events', async () => serve('--event-store', 'memory')],
] as const;

async function serve(...args: string[]): Promise<string> {
  const options = ['--pass-header', 'authorization', ...args];
  return (await started.endpoint(['--url', backend.url, ...options])).url;
}

async function open(way: () => Promise<string>): Promise<string> {
  const url = await way();
  audience = url;
  issuer.resources.add(url);
  return url;
}

interface Elicited {
  readonly action: 'accept';
  readonly content: { readonly answer: string };
}

/** What both versions of the SDK have. */
interface AnyTransport {
  readonly sessionId?: string | undefined;
  terminateSession(): Promise<void>;
}

interface AnyClient {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

interface Connecting {
  readonly client: AnyClient;
  readonly transport: AnyTransport;
  readonly connect: () => Promise<void>;
  /** Takes what an authorization has brought. */
  readonly finish: (callback: URLSearchParams) => Promise<void>;
  readonly onElicit: (answer: () => Elicited) => void;
}

type Connected = Omit<Connecting, 'connect'>;

/** A client of one version of the SDK. */
interface Sdk {
  readonly Unauthorized: new () => Error;
  /** What it asks for in addition. */
  readonly alsoAsked: string;
  readonly make: (url: string, application: Application) => Connecting;
}

const INFO = { name: 'client', version: '1' };

const SDK_1: Sdk = {
  Unauthorized: UnauthorizedError,
  alsoAsked: '',
  make(url, authProvider) {
    const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    const client = new Client(INFO, { capabilities: { elicitation: {} } });
    return {
      client,
      transport,
      connect: async () => client.connect(transport),
      finish: async (callback) => transport.finishAuth(callback.get('code') ?? ''),
      onElicit: (answer) => client.setRequestHandler(ElicitRequestSchema, () => ({ ...answer() })),
    };
  },
};

const SDK_2: Sdk = {
  Unauthorized: UnauthorizedError2,
  alsoAsked: ' offline_access',
  make(url, authProvider) {
    const transport = new Transport2(new URL(url), { authProvider });
    const client = new Client2(INFO, { capabilities: { elicitation: {} } });
    return {
      client,
      transport,
      connect: async () => client.connect(transport),
      finish: async (callback) => transport.finishAuth(callback),
      onElicit: (answer) => client.setRequestHandler('elicitation/create', () => ({ ...answer() })),
    };
  },
};

/** Connects for the first time: the user is asked once. */
async function connect(url: string, application: Application, { make, Unauthorized } = SDK_1): Promise<Connected> {
  const first = make(url, application);
  await expect(first.connect()).rejects.toThrow(Unauthorized);
  await first.finish(application.takeCallback());
  const second = make(url, application);
  second.onElicit(() => accept() as Elicited);
  started.add(second.client);
  await second.connect();
  return second;
}

const call = async ({ client }: Connected, name: string, args = {}): Promise<unknown> =>
  (await client.callTool({ name, arguments: args }))['content'];

const revoke = ({ authorization }: Application): unknown => revoked.add(issuer.claimsOf(authorization)?.jti ?? '');

const CLIENTS = [
  ...WAYS.map(([name, way]) => ['SDK 1', name, way, SDK_1] as const),
  // With an event store it is no other for this client.
  ...WAYS.slice(0, 2).map(([name, way]) => ['SDK 2', name, way, SDK_2] as const),
];

describe.each(CLIENTS)('54: a client of %s, %s,', (_sdk, _name, way, sdk) => {
  it('registers, is authorized and calls, and its user is asked what it wants to know', async () => {
    const ann = new Application('ann');
    const url = await open(way);
    const connected = await connect(url, ann, sdk);
    expect(await call(connected, 'ask', { tag: 'name' })).toEqual([
      { type: 'text', text: expect.stringContaining('accept') as string },
    ]);
    expect(ann.steps).toEqual(['registered', `asks for files:read${sdk.alsoAsked}`, 'given a token']);
    expect(issuer.claimsOf(ann.authorization)).toMatchObject({ sub: 'ann', aud: url });
  });

  it('refreshes its token in mid-session, three times, and the session lives', async () => {
    const ann = new Application('ann');
    const connected = await connect(await open(way), ann, sdk);
    const { sessionId } = connected.transport;
    await call(connected, 'remember', { key: 'note', value: 'kept' });
    for (const _ of [1, 2, 3]) {
      revoke(ann);
      expect(JSON.stringify(await call(connected, 'recall', { key: 'note' }))).toContain('kept');
      expect(backend.said('tools/call', 'authorization').at(-1)).toBe(ann.authorization);
    }
    expect(ann.steps.slice(3)).toEqual(Array(3).fill('given another token'));
    expect(connected.transport.sessionId).toBe(sessionId);
    expect(backend.said('initialize', 'authorization')).toHaveLength(2);
  });

  it('answers an elicitation with a token that has expired since, and its call ends well', async () => {
    const ann = new Application('ann');
    const connected = await connect(await open(way), ann, sdk);
    connected.onElicit(() => {
      revoke(ann);
      return accept() as Elicited;
    });
    expect(JSON.stringify(await call(connected, 'ask', { tag: 'name' }))).toContain('accept');
    expect(ann.steps.slice(3)).toEqual(['given another token']);
  });

  it('is asked for more in mid-session, gets it, and goes on in it', async () => {
    const ann = new Application('ann');
    const connected = await connect(await open(way), ann, sdk);
    const { sessionId } = connected.transport;
    ann.forgetRefreshToken();
    await expect(call(connected, 'log')).rejects.toThrow(sdk.Unauthorized);
    await connected.finish(ann.takeCallback());
    expect(await call(connected, 'log')).toEqual([{ type: 'text', text: 'logged' }]);
    expect(ann.steps.slice(3)).toEqual([`asks for files:read files:write${sdk.alsoAsked}`, 'given another token']);
    expect(connected.transport.sessionId).toBe(sessionId);
  });

  it('ends its session with a token that is newer than it', async () => {
    const ann = new Application('ann');
    const connected = await connect(await open(way), ann, sdk);
    revoke(ann);
    await call(connected, 'recall', { key: 'note' });
    await connected.transport.terminateSession();
    await expect
      .poll(() => backend.heard.at(-1))
      .toMatchObject({
        method: 'DELETE',
        headers: { authorization: ann.authorization },
      });
  });
});

it('54: of two users, neither reaches the session of the other with a token that is valid', async () => {
  const url = await open(serve);
  const [ann, bob] = [new Application('ann'), new Application('bob')];
  const [anns, bobs] = [await connect(url, ann), await connect(url, bob)];
  const heard = backend.heard.length;
  for (const [{ transport }, other] of [
    [anns, bob],
    [bobs, ann],
  ] as const) {
    const headers = { 'mcp-session-id': transport.sessionId ?? '', authorization: other.authorization };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'recall' } });
    expect((await send(url, { headers, body })).status).toBe(404);
    for (const method of ['GET', 'DELETE']) expect((await send(url, { headers, method })).status).toBe(404);
  }
  expect(backend.heard.slice(heard)).toEqual([]);
  for (const connected of [anns, bobs]) expect(await call(connected, 'recall', { key: 'x' })).toBeDefined();
});
