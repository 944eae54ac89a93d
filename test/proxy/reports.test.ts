/** What `onerror` is told, and what it is not. */
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { closers, listen, proxies } from './support.js';

const open = proxies();
const closing = closers();

const DISCOVER = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: {} });

async function probe(url: string, version: string): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': version,
  };
  const response = await fetch(url, { method: 'POST', headers, body: DISCOVER });
  await response.text();
  return response.status;
}

it('the probe of a client of a later era is refused, which is no news', async () => {
  const stage = await open('stdio');
  expect(await probe(stage.url, '2026-07-28')).toBe(400);
  expect(stage.errors).toEqual([]);
});

it('the same request of this era is reported', async () => {
  const stage = await open('stdio');
  expect(await probe(stage.url, '2025-06-18')).toBe(400);
  expect(stage.errors).toHaveLength(1);
});

it('a backend over HTTP that has restarted ends the session, which is reported once', async () => {
  const backend = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const { id, method } = (body === '' ? {} : JSON.parse(body)) as { id?: number; method?: string };
      if (method === 'initialize') {
        const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'b', version: '1' } };
        response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      } else {
        response.writeHead(method === 'tools/call' ? 404 : method === undefined ? 405 : 202).end();
      }
    });
  });
  const url = await listen(backend);
  closing(async () => new Promise((resolve) => backend.close(resolve)));
  const stage = await open(() => new HttpTransport(new URL(url)));
  const client = await stage.connect();
  await expect(client.callTool('any')).rejects.toThrow('does not know its session any more');
  const ends = stage.errors.filter(({ message }) => message.includes('has ended'));
  expect(ends.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^session [\w-]{8} has ended: the backend does not know its session any more: .*refused with 404/,
    ),
  ]);
});
