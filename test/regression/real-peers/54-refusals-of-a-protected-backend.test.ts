/** A backend that refuses who has no token, or one that is not enough: its client hears it as if nobody were between them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, StrictClient } from '../../../examples/lib/strict-client.js';
import { Started } from '../../cli/support.js';
import { INITIALIZE, send } from '../../proxy/raw-http.js';
import { accept } from '../../support/accept.js';
import { challenge, startProtected, type ProtectedBackend } from './protected-backend.js';

const started = new Started();
afterEach(async () => started.end());

const GOOD = 'Bearer good-token';
const EXPIRED = 'Bearer expired-token';
const BODY = '{"error":"invalid_token","error_description":"expired, said Ann"}';
const UNAUTHORIZED = 'error="invalid_token", error_description="expired, said \\"Ann\\""';

let backend: ProtectedBackend;
/** Whom it lets in. */
let valid: Set<string>;

beforeEach(async () => {
  valid = new Set([GOOD]);
  backend = started.add(
    await startProtected(({ headers }) =>
      valid.has(headers.authorization ?? '')
        ? undefined
        : challenge(401, `${UNAUTHORIZED}, resource_metadata="${backendOrigin()}/.well-known/any"`, BODY),
    ),
  );
});

const backendOrigin = (): string => new URL(backend.url).origin;
const metadataOf = (url: string): string => `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`;

const serve = async (...args: string[]): Promise<string> => {
  const options = ['--pass-header', 'authorization', ...args];
  return (await started.endpoint(['--url', backend.url, ...options])).url;
};

const connect = async (url: string, authorization = GOOD): Promise<StrictClient> =>
  started.client(url, { headers: { authorization } });

const CALL: Message = { jsonrpc: '2.0', id: 'call', method: 'tools/call', params: { name: 'log', arguments: {} } };

describe('54: the refusal of', () => {
  it('initialize is the answer to it: its status, its challenge, its body', async () => {
    const url = await serve();
    const direct = await send(backend.url, { body: INITIALIZE });
    const relayed = await send(url, { body: INITIALIZE });
    expect(direct.status).toBe(401);
    expect([relayed.status, relayed.text, relayed.headers['content-type']]).toEqual([
      direct.status,
      direct.text,
      direct.headers['content-type'],
    ]);
    expect(relayed.headers['www-authenticate']).toBe(`Bearer ${UNAUTHORIZED}, resource_metadata="${metadataOf(url)}"`);
    expect(relayed.headers).not.toHaveProperty('mcp-session-id');
    // Nobody has been let in, and the next one may be.
    await connect(url);
  });

  it('a call is the answer to it, and the session lives', async () => {
    const url = await serve();
    const client = await connect(url);
    valid.clear();
    const refused = await client.post(CALL);
    expect([refused.status, refused.text]).toEqual([401, BODY]);
    expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${metadataOf(url)}"`);
    valid.add(GOOD);
    expect(await client.callTool('log')).toBe('logged');
  });

  it('a call of which more is asked says what', async () => {
    const url = await serve();
    const client = await connect(url);
    const parameters = 'error="insufficient_scope", scope="files:read files:write"';
    backend.guard = ({ message }) => (message?.method === 'tools/call' ? challenge(403, parameters) : undefined);
    const refused = await client.post(CALL);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([403, `Bearer ${parameters}`]);
    backend.guard = () => undefined;
    expect(await client.callTool('log')).toBe('logged');
  });

  it.each([401, 403])('a call with %i and nothing else is the answer to it', async (status) => {
    const client = await connect(await serve());
    backend.guard = ({ message }) => (message?.method === 'tools/call' ? { status } : undefined);
    const refused = await client.post(CALL);
    expect([refused.status, refused.text, refused.headers.get('www-authenticate')]).toEqual([status, '', null]);
  });

  it('a call with another status and a challenge is the answer to it', async () => {
    const client = await connect(await serve());
    backend.guard = ({ message }) =>
      message?.method === 'tools/call' ? challenge(400, 'error="invalid_request"') : undefined;
    expect((await client.post(CALL)).status).toBe(400);
  });

  it('a notification is the answer to it: it has not been taken', async () => {
    const url = await serve();
    const client = await connect(url);
    valid.clear();
    const refused = await client.notify('notifications/roots/list_changed');
    expect([refused.status, refused.text]).toEqual([401, BODY]);
    valid.add(GOOD);
    expect((await client.notify('notifications/roots/list_changed')).status).toBe(202);
  });

  it('the client’s answer to an elicitation is the answer to it: the client gives it again', async () => {
    const url = await serve();
    const client = await connect(url);
    client.answer('elicitation/create', () => undefined);
    const call = client.start('tools/call', { name: 'ask', arguments: {} });
    const { message } = await client.next((arrival) => arrival.message.method === 'elicitation/create', 0);
    valid.clear();
    expect((await client.reply(message.id, accept())).status).toBe(401);
    valid.add(GOOD);
    expect((await client.reply(message.id, accept())).status).toBe(202);
    expect(JSON.stringify((await call.response).result)).toContain('accept');
  });

  it('a whole batch is the answer to it', async () => {
    const url = await serve();
    const client = await started.client(url, { headers: { authorization: GOOD }, protocolVersion: '2025-03-26' });
    valid.clear();
    expect((await client.post([CALL, { ...CALL, id: 'other' }])).status).toBe(401);
  });

  it('one call of a batch is the answer to that one', async () => {
    const url = await serve();
    const client = await started.client(url, { headers: { authorization: GOOD }, protocolVersion: '2025-03-26' });
    backend.guard = ({ message }) =>
      message?.id === 'other' ? challenge(403, 'error="insufficient_scope"') : undefined;
    const refused = client.next(({ message: { id } }) => id === 'other');
    const taken = client.next(({ message: { id } }) => id === 'call');
    expect((await client.post([CALL, { ...CALL, id: 'other' }])).status).toBe(200);
    expect((await refused).message.error?.message).toContain('403');
    expect((await taken).message.result).toBeDefined();
  });

  it('a call is the answer to it with an event store, too', async () => {
    const client = await connect(await serve('--event-store', 'memory'));
    valid.clear();
    const refused = await client.post(CALL);
    expect([refused.status, refused.text]).toEqual([401, BODY]);
    valid.add(GOOD);
    expect(await client.callTool('log')).toBe('logged');
  });

  it('a call is the answer to it with one call at a time, too', async () => {
    const client = await connect(await serve('--serialize'));
    valid.clear();
    const both = [client.post(CALL), client.post({ ...CALL, id: 'other' })];
    for (const { status } of await Promise.all(both)) expect(status).toBe(401);
    valid.add(GOOD);
    expect(await client.callTool('log')).toBe('logged');
  });
});

describe('54: the challenge', () => {
  it('names our metadata as --public-url has it', async () => {
    const url = await serve('--public-url', 'https://mcp.example.com/tools/mcp');
    const { headers } = await send(url, { body: INITIALIZE });
    expect(headers['www-authenticate']).toBe(
      `Bearer ${UNAUTHORIZED}, resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/tools/mcp"`,
    );
  });

  it('names no metadata where the backend names none', async () => {
    const url = await serve();
    backend.guard = () => challenge(401, 'realm="x"');
    expect((await send(url, { body: INITIALIZE })).headers['www-authenticate']).toBe('Bearer realm="x"');
  });

  it('is found by a name that is written in another way, with or without quotes', async () => {
    const url = await serve();
    for (const written of ['Resource_Metadata="http://a.test/x"', 'resource_metadata=http://a.test/x']) {
      backend.guard = () => challenge(401, `realm="x, resource_metadata", ${written}, scope="a"`);
      const { headers } = await send(url, { body: INITIALIZE });
      expect(headers['www-authenticate']).toMatch(/^Bearer realm="x, resource_metadata", .*, scope="a"$/);
      expect(headers['www-authenticate']).toContain(`"${metadataOf(url)}"`);
      expect(headers['www-authenticate']).not.toContain('a.test');
    }
  });

  it('can be read by a page of an allowed origin', async () => {
    const origin = 'http://localhost:5173';
    const { headers } = await send(await serve('--cors'), { body: INITIALIZE, headers: { origin } });
    expect(headers['access-control-allow-origin']).toBe(origin);
    expect(String(headers['access-control-expose-headers']).toLowerCase()).toContain('www-authenticate');
  });

  it('says nothing of what the command itself was given', async () => {
    const ours = 'credential-of-the-command';
    const url = await serve('--header', `x-key: ${ours}`);
    backend.guard = ({ headers }) => challenge(401, `realm="${String(headers['x-key'])}"`, String(headers['x-key']));
    const refused = await send(url, { body: INITIALIZE });
    expect([refused.status, refused.headers['www-authenticate'], refused.text]).toEqual([
      401,
      'Bearer realm="***"',
      '***',
    ]);
  });
});

it('54: the credential of the command itself is refused: no client can do anything about that', async () => {
  const { url } = await started.endpoint(['--url', backend.url, '--header', `Authorization: ${EXPIRED}`]);
  const { arrivals } = await started.client(url);
  expect(arrivals[0]?.message.error?.message).toContain('401');
});

it('54: a server over the older HTTP+SSE refuses likewise', async () => {
  const { url } = await started.endpoint(['--sse-url', backend.url, '--pass-header', 'authorization']);
  const refused = await send(url, { body: INITIALIZE });
  expect([refused.status, refused.text]).toEqual([401, BODY]);
  expect(refused.headers['www-authenticate']).toContain(`resource_metadata="${metadataOf(url)}"`);
});
