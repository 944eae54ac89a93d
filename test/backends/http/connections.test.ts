/** Connections to a server that several sessions share. */
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';

import { HttpConnections } from '../../../src/backends/http/connections.js';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { closers, listen } from '../../proxy/support.js';
import { deferred } from '../../support/deferred.js';

const closing = closers();
afterEach(() => {
  vi.unstubAllEnvs();
});

interface Post {
  readonly id: unknown;
  readonly response: ServerResponse;
}

/** A server that answers when it is told to, and knows how many connections it has. */
async function stage(onPost: (post: Post) => void = answer) {
  let opened = 0;
  let open = 0;
  const tokens = new Map<object, Set<string | undefined>>();
  const server = createServer((request, response) => {
    tokens.set(request.socket, (tokens.get(request.socket) ?? new Set()).add(request.headers.authorization));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly id: unknown };
      onPost({ id, response });
    });
  });
  server.on('connection', (socket) => {
    opened++;
    open++;
    socket.on('close', () => open--);
  });
  const url = new URL(await listen(server));
  closing(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const connections = new HttpConnections();
  const transport = (passed: Record<string, string> = {}): HttpTransport => {
    const made = new HttpTransport(url, { connections, passed });
    closing(async () => made.close());
    return made;
  };
  const tokensOfConnections = (): string[][] => [...tokens.values()].map((all) => [...all].map(String));
  return { transport, opened: () => opened, open: () => open, tokensOfConnections };
}

function answer({ id, response }: Post): void {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
}

async function call(transport: HttpTransport, id = 1): Promise<JsonRpcMessage> {
  const answered = deferred<JsonRpcMessage>();
  transport.onmessage = (message) => {
    answered.resolve(message);
  };
  await transport.send({ jsonrpc: '2.0', id, method: 'tools/call' });
  return answered.promise;
}

it('sessions that send the same headers use the same connections, one after the other', async () => {
  const { transport, opened } = await stage();
  for (let session = 0; session < 20; session++) await call(transport({ authorization: 'Bearer a' }));
  // The next call may begin before the last answer has ended.
  expect(opened()).toBeLessThanOrEqual(2);
});

it('sessions of different clients never share a connection: some servers take its first user for the only one', async () => {
  const { transport, opened } = await stage();
  for (const token of ['a', 'b', 'c']) await call(transport({ authorization: `Bearer ${token}` }));
  await call(transport());
  expect(opened()).toBe(4);
});

it('a session that ends takes its own requests with it, and none of another', async () => {
  const posts: Post[] = [];
  const both = deferred();
  const { transport } = await stage((post) => {
    if (posts.push(post) === 2) both.resolve();
  });
  const [one, other] = [transport(), transport()];
  const ended = call(one, 1).catch((error: unknown) => error);
  const answered = call(other, 2);
  await both.promise;
  const post = (id: number): Post => posts.find((each) => each.id === id) ?? expect.unreachable();
  const hungUp = new Promise((resolve) => post(1).response.once('close', resolve));
  await one.close();
  await hungUp;
  answer(post(2));
  expect(await answered).toMatchObject({ id: 2, result: {} });
  void ended;
});

it('when the last of them ends, so do the connections', async () => {
  const { transport, open } = await stage();
  const [one, other] = [transport(), transport()];
  await call(one);
  await call(other);
  await one.close();
  await call(other, 2);
  expect(open()).toBeGreaterThan(0);
  await other.close();
  await expect.poll(open).toBe(0);
  expect(await call(transport())).toMatchObject({ result: {} });
});

it('a session that goes on with another token, or tries one, leaves the connections that it has shared', async () => {
  const { transport, tokensOfConnections } = await stage();
  const [one, other] = [transport({ authorization: 'a' }), transport({ authorization: 'a' })];
  for (let at = 0; at < 10; at++) {
    await call(other, at);
    await one.send({ jsonrpc: '2.0', id: at, method: 'ping' }, { headers: { authorization: 'b' } });
  }
  one.usePassed({ authorization: 'c' });
  for (let at = 0; at < 10; at++) {
    await call(one, at);
    await call(other, at);
  }
  const all = tokensOfConnections();
  expect(all.flat()).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  expect(all.filter((tokens) => tokens.includes('a') && tokens.length > 1)).toEqual([]);
});

it('a proxy in the environment that is none fails the request, and nothing else', async () => {
  const { transport } = await stage();
  const made = transport();
  vi.stubEnv('http_proxy', 'ftp://127.0.0.1');
  await expect(made.send({ jsonrpc: '2.0', id: 1, method: 'ping' })).rejects.toThrow('http_proxy');
  await made.close();
});
