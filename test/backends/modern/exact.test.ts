/** What the client and a modern server say to each other arrives as it was written. */
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { requestText } from '../../../src/backends/modern/exact-text.js';
import { clientIn, withEnvelope } from '../../../src/backends/modern/envelope.js';
import { keepText } from '../../../src/original-text.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStatefulProxy, modernUpstream } from '../../../src/proxy/index.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Sends a POST. @returns the text of the answer, and its session */
function post(url: string, body: string, session?: string): Promise<{ text: string; session: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session !== undefined && { 'mcp-session-id': session }),
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        const { 'mcp-session-id': id } = response.headers;
        resolve({ text, session: typeof id === 'string' ? id : undefined });
      });
    });
    request.end(body);
  });
}

describe('numbers that JavaScript cannot hold', () => {
  it('reach the server and come back, whatever else in the messages is ours', async () => {
    const bodies: string[] = [];
    const backend = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        bodies.push(body);
        const { id, method } = JSON.parse(body) as { id: number; method: string };
        const discovered = '"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}';
        const called =
          '"ttlMs":5,"content":[],"n":12345678901234567890.10,"_meta":{"io.modelcontextprotocol/serverInfo":{}}';
        const result = method === 'server/discover' ? discovered : called;
        response.setHeader('content-type', 'application/json');
        response.end(`{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${result}}}`);
      });
    });
    const proxy = createStatefulProxy({ upstream: modernUpstream(await listening(backend)), enableJsonResponse: true });
    closers.unshift(async () => proxy.close());
    const url = await listening(createServer(proxy.listener));
    const params = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}';
    const { session } = await post(url, `{"jsonrpc":"2.0","id":0,"method":"initialize","params":${params}}`);

    const args = '{"n":98765432109876543210,"d":1.50}';
    const call = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":${args}}}`;
    const { text } = await post(url, call, session);

    expect(bodies.at(-1)).toContain(
      `"name":"x","arguments":${args},"_meta":{"io.modelcontextprotocol/protocolVersion"`,
    );
    expect(text).toBe('{"jsonrpc":"2.0","id":7,"result":{"content":[],"n":12345678901234567890.10}}');
  });

  it('do not change what a request means', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.option(fc.jsonValue(), { nil: undefined }),
        (own, answers) => {
          const { _meta: _ignored, ...params } = own;
          const original = { jsonrpc: '2.0', id: 1, method: 'm', params: JSON.parse(JSON.stringify(params)) as object };
          keepText(original, JSON.stringify(original, undefined, 2));
          const whole = withEnvelope(
            { ...params, ...(answers !== undefined && { inputResponses: answers }) },
            clientIn({}),
          );
          const text = requestText(5, 'm', whole, original);
          expect(JSON.parse(text)).toEqual(
            JSON.parse(JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'm', params: whole })),
          );
        },
      ),
    );
  });
});
