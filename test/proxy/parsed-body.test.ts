/** A body that a framework has parsed before the proxy sees it is no way around the limit on its size. */
import { createServer, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import express from 'express';
import fastify from 'fastify';
import { createStatefulProxy, type StatefulProxy } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { startUpstream } from '../support/upstreams.js';
import { JSON_HEADERS } from '../support/raw-http.js';
import { answerTo, type Got } from './raw-http.js';
import { closers, listen } from './support.js';

const closing = closers();

const MOUNTS: Readonly<Record<string, (proxy: StatefulProxy) => Promise<string>>> = {
  async Express(proxy) {
    const http = createServer(express().use(express.json()).use('/mcp', proxy.middleware));
    closing(() => http.close());
    return listen(http);
  },
  async Fastify(proxy) {
    const app = fastify();
    app.all('/mcp', (request, reply) => {
      reply.hijack();
      proxy.listener(Object.assign(request.raw, { body: request.body }), reply.raw);
    });
    closing(() => app.close());
    return `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`;
  },
};

async function mounted(mount: string): Promise<string> {
  const backend = await startUpstream('in-memory');
  const proxy = createStatefulProxy({ upstream: () => backend.connect(), maxBodyBytes: 4_000 });
  closing(() => backend.close());
  closing(() => proxy.close());
  return (await MOUNTS[mount]?.(proxy)) ?? '';
}

function initialize(pad: string): string {
  const clientInfo = { name: pad, version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
}

async function posted(url: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Promise<Got> {
  const request = httpRequest(url, { method: 'POST', agent: false, headers: { ...JSON_HEADERS, ...headers } });
  const answer = answerTo(request);
  request.write(body);
  request.end();
  return answer;
}

describe.each(['in chunks', 'gzipped'])('a body that came %s', (how) => {
  // Fastify decodes no gzip.
  it.each(how === 'gzipped' ? ['Express'] : ['Express', 'Fastify'])(
    'and was parsed by %s is measured',
    async (mount) => {
      const url = await mounted(mount);
      const sent = async (body: string): Promise<Got> =>
        how === 'gzipped'
          ? posted(url, { 'content-encoding': 'gzip', 'content-length': String(gzipSync(body).length) }, gzipSync(body))
          : posted(url, {}, body);
      // Fewer characters than there may be, and more bytes.
      expect((await sent(initialize('ä'.repeat(2_500)))).status).toBe(413);
      expect((await sent(initialize('ä'.repeat(1_500)))).status).toBe(200);
    },
  );
});

it('a body that was not parsed is read, though a framework says `null` instead of nothing', async () => {
  const backend = await startUpstream('in-memory');
  const proxy = createStatefulProxy({ upstream: () => backend.connect() });
  closing(() => backend.close());
  closing(() => proxy.close());
  const http = createServer((request, response) => {
    proxy.listener(Object.assign(request, { body: null }), response);
  });
  closing(() => http.close());
  expect((await posted(await listen(http), {}, initialize('x'))).status).toBe(200);
});

it('a body that came in chunks to the web-standard handler is measured', async () => {
  const proxy = createStatefulProxy({ upstream: () => Promise.reject(new Error('no need')), maxBodyBytes: 4_000 });
  closing(() => proxy.close());
  const body = new Blob([initialize('ä'.repeat(2_500))]).stream();
  const request = new Request('http://localhost/mcp', { method: 'POST', headers: JSON_HEADERS, body, duplex: 'half' });
  expect((await proxy.fetch(request)).status).toBe(413);
});
