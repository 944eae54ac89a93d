/** Refusals of a modern backend, through the command: no credential is told to anybody. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../proxy/support.js';
import { openPost } from '../modern/raw-modern.js';
import { Started, type Command } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const SECRETS = ['operator-secret', 'client-secret', 'varying-secret'];

/** How the server refuses a call of the tool of this name. It repeats all that it was sent. */
const REFUSALS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  page: ({ headers }, response) => {
    response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>${JSON.stringify(headers)}`);
  },
  'cut page': ({ headers }, response) => {
    const text = `<p>${' '.repeat(3_990)}${String(headers['x-key'])}`;
    response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '7' }).end(text.repeat(20));
  },
  json: ({ headers }, response) => {
    response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify({ headers }));
  },
  challenge: ({ headers }, response) => {
    const challenge = `Bearer error="invalid_token", error_description="${String(headers['x-key'])}"`;
    response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: 'invalid_token', headers }));
  },
  'challenge with a page': (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/html' }).end('<p>');
  },
  redirect: ({ headers }, response) => {
    response.writeHead(307, { location: `http://elsewhere.example/${String(headers['x-key'])}` }).end();
  },
  gone: (_, response) => {
    response.destroy();
  },
  'no json': ({ headers }, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(JSON.stringify(headers));
  },
  nameless: (_, response) => {
    const error = { code: -32_000, message: 'Bad Request' };
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
  },
};

async function endpoint(options: readonly string[] = []): Promise<{ command: Command; url: string }> {
  const backend = createServer((request, response) => {
    request.resume().once('end', () => REFUSALS[String(request.headers['mcp-name'])]?.(request, response));
  });
  const backendUrl = await listen(backend);
  started.add({
    close: async () => {
      backend.closeAllConnections();
      return Promise.resolve(backend.close());
    },
  });
  return started.endpoint([
    ...['--url', backendUrl, '--upstream-protocol', 'modern', '--header', `x-ours: ${SECRETS[0] ?? ''}`],
    ...['--pass-header', 'x-key', '--vary-header', 'x-once', '--trace', ...options],
  ]);
}

async function refused(url: string, name: string): Promise<{ response: Response; text: string }> {
  const headers = { 'x-key': SECRETS[1] ?? '', 'x-once': SECRETS[2] ?? '' };
  const response = await openPost(url, 'tools/call', { name, arguments: {} }, { id: 7, headers });
  return { response, text: await response.text() };
}

describe('a modern backend that refuses a message', () => {
  it.each([
    ['page', 500],
    ['cut page', 503],
    ['json', 422],
    ['redirect', 502],
    ['gone', 502],
    ['no json', 502],
  ])('with a %s is quoted in an error with the id of the request, without secrets', async (name, status) => {
    const { url, command } = await endpoint();
    const { response, text } = await refused(url, name);
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: -32_603 } });
    expect(response.headers.get('content-type')).toBe('application/json');
    command.process.kill('SIGTERM');
    await command.exit;
    for (const secret of SECRETS) expect([text, ...command.stderr].join('\n')).not.toContain(secret);
    expect(text).not.toContain('client-s');
  });

  it('passes on how long the client should wait', async () => {
    const { url } = await endpoint();
    const { response } = await refused(url, 'cut page');
    expect(response.headers.get('retry-after')).toBe('7');
  });

  it('asks for credentials as it does without us, and repeats none', async () => {
    const { url, command } = await endpoint();
    const { response, text } = await refused(url, 'challenge');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token", error_description="***"');
    expect(JSON.parse(text)).toMatchObject({ error: 'invalid_token' });
    for (const secret of SECRETS) expect([text, ...command.stderr].join('\n')).not.toContain(secret);
  });

  it('asks for credentials with a message of ours in place of a page', async () => {
    const { url } = await endpoint();
    const { response, text } = await refused(url, 'challenge with a page');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(JSON.parse(text)).toMatchObject({ id: 7, error: { code: -32_603 } });
  });

  it('does not ask the client for credentials if the client could give it none', async () => {
    const { url } = await endpoint(['--token', 'ours-to-check']);
    const response = await openPost(url, 'tools/call', { name: 'challenge' }, { id: 7, token: 'ours-to-check' });
    expect(response.status).toBe(502);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await response.json()).toMatchObject({ id: 7, error: { code: -32_603 } });
  });

  it('with a message is passed through unchanged', async () => {
    const { url } = await endpoint();
    const { response, text } = await refused(url, 'nameless');
    expect(response.status).toBe(400);
    expect(text).toBe('{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request"}}');
  });
});
