/** What the server behind the command gets on behalf of a client, and what of it can be read in logs. */
import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { CALL, INITIALIZE, send } from '../proxy/raw-http.js';
import { listen } from '../proxy/support.js';

const TOKEN = 'token-of-this-endpoint';
const OURS = 'credential-of-the-command';
const CLIENTS = 'credential-of-the-client';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}`, 'x-tenant': CLIENTS };

const started = new Started();
const requests: IncomingMessage[] = [];
let stage: { command: Awaited<ReturnType<Started['endpoint']>>['command']; url: string };

beforeAll(async () => {
  const http = createServer(
    (request, response) =>
      void answer(request).then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }),
  );
  const url = await listen(http);
  started.add({
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
  const args = ['--url', url, '--header', `X-Key: ${OURS}`, '--pass-header', 'X-Tenant', '--trace'];
  stage = await started.endpoint(args, { MCP_BACKCHANNEL_TOKEN: TOKEN, DEBUG: 'mcp-backchannel:*' });
});
afterAll(async () => started.end());

interface Asked {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string };
}

/** Takes an `initialize`, and refuses all else, repeating what it was sent. */
async function answer(request: IncomingMessage): Promise<[number, object]> {
  requests.push(request);
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const { id, method, params } = JSON.parse(text === '' ? '{}' : text) as Asked;
  // With another status its session would be over.
  if (method !== 'initialize') return [503, { ...(params?.name && { said: params.name }), ...request.headers }];
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
  return [200, { jsonrpc: '2.0', id, result }];
}

it('the credentials of the command serve nobody who has no token', async () => {
  for (const authorization of ['', 'Bearer another', TOKEN, `Bearer ${TOKEN}, Bearer ${TOKEN}`]) {
    expect((await send(stage.url, { body: INITIALIZE, headers: { authorization } })).status).toBe(401);
  }
  expect(requests).toEqual([]);
});

it('of the headers of a client, the server gets those that are named, and no others', async () => {
  const headers = {
    ...AUTHORIZED,
    ...{ cookie: 'a=1', 'x-private': '1', 'x-key': 'not-ours', 'proxy-authorization': 'Basic eA==' },
    ...{ te: 'trailers', 'x-forwarded-host': 'evil.example', 'last-event-id': '1', connection: 'x-tenant' },
  };
  expect((await send(stage.url, { body: INITIALIZE, headers })).status).toBe(200);
  const [got] = requests;
  const ordinary = [
    'host',
    'mcp-backchannel-takes-stamps',
    'connection',
    'content-type',
    'accept',
    'accept-language',
    'sec-fetch-mode',
    'user-agent',
  ];
  const allowed = new Set([...ordinary, 'accept-encoding', 'content-length', 'x-key', 'x-tenant']);
  expect(Object.keys(got?.headers ?? {}).filter((name) => !allowed.has(name))).toEqual([]);
  expect(got?.headers).toMatchObject({ 'x-key': OURS, 'x-tenant': CLIENTS });
  expect(got?.headers.host).toMatch(/^127\.0\.0\.1:/);
});

it('what the server repeats of credentials reaches neither the client nor a log, nor a line of DEBUG', async () => {
  const opened = await send(stage.url, { body: INITIALIZE, headers: AUTHORIZED });
  const session = String(opened.headers['mcp-session-id']);
  const refused = await send(stage.url, { body: CALL, headers: { ...AUTHORIZED, 'mcp-session-id': session } });
  expect(refused.text).toMatch(/"x-key\\*":\\*"\*\*\*/);
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await send(stage.url, { body, headers: { ...AUTHORIZED, 'mcp-session-id': session } });
  const [line] = await stage.command.line(/^mcp-backchannel: error: .*"x-key":.*$/);
  expect(line).toContain('***');
  const [inDebug] = await stage.command.line(/mcp-backchannel:error .*"x-key":.*$/);
  expect(inDebug).toContain('***');
  const logged = stage.command.stderr.join('\n');
  for (const secret of [TOKEN, OURS, CLIENTS, session]) expect(logged + refused.text).not.toContain(secret);
});

it('what is hidden from a client does not tell it what another client has been given', async () => {
  const [theirs, guess] = ['tenant-4711-of-them', 'tenant-4710-of-them'];
  await send(stage.url, { body: INITIALIZE, headers: { ...AUTHORIZED, 'x-tenant': theirs } });
  const opened = await send(stage.url, { body: INITIALIZE, headers: AUTHORIZED });
  const own = { ...AUTHORIZED, 'mcp-session-id': String(opened.headers['mcp-session-id']) };
  for (const name of [theirs, guess, CLIENTS, OURS]) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: name, method: 'tools/call', params: { name } });
    const [, said] = /said[\\":]+([\w*-]+)/.exec((await send(stage.url, { body, headers: own })).text) ?? [];
    expect(said).toBe(name === theirs || name === guess ? name : '***');
  }
  // In the logs, which are for none of them, it is hidden as ever.
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/x', params: { name: theirs } });
  await send(stage.url, { body, headers: own });
  await stage.command.line(/^mcp-backchannel: error: .*"said":"\*\*\*"/);
  expect(stage.command.stderr.join('\n')).not.toContain(theirs);
});
