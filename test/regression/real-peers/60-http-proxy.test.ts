/** Where the environment names an HTTP proxy, a backend is reached through it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as requestOver, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startUpstream } from '../../support/upstreams.js';
import { elicitations, Started } from '../../cli/support.js';
import { send } from '../../proxy/raw-http.js';
import { json, startProtected } from './protected-backend.js';

const started = new Started();
afterEach(async () => started.end());

/** No variable of whoever runs the tests. */
const UNSET = {
  HTTP_PROXY: '',
  HTTPS_PROXY: '',
  NO_PROXY: '',
  http_proxy: undefined,
  https_proxy: undefined,
  no_proxy: undefined,
};

interface ForwardProxy {
  readonly url: string;
  readonly port: number;
  /** What it was asked for: method and whole URL, or `CONNECT host:port`. */
  readonly asked: string[];
  readonly requests: IncomingMessage[];
}

/** Of `backend.example`, and for tests only. */
const CERTIFICATE = fileURLToPath(new URL('../../support/tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../../support/tls/key.pem', import.meta.url));

/** A server with TLS in front of one without. @returns where it is */
async function withTls(target: URL): Promise<URL> {
  const options = { cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) };
  const open = new Set<Duplex>();
  const server = createTlsServer(options, (socket) => {
    open.add(socket);
    tunnel(socket, target);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.add({
    async close() {
      for (const socket of open) socket.destroy();
      await once(server.close(), 'close');
    },
  });
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function tunnel(socket: Duplex, { hostname, port }: URL): void {
  const there = connect(Number(port), hostname);
  pipeline(socket, there, socket, () => undefined);
}

/** Whatever host it is asked for is at `target`; one that is asked for with TLS only if that has TLS. */
async function forwardProxy(target: URL, refuse = 0): Promise<ForwardProxy> {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const tunnels = new Set<Duplex>();
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    requests.push(request);
    if (refuse > 0) {
      response.writeHead(refuse, { 'content-type': 'text/html' }).end('<h1>The proxy says no');
      return;
    }
    const { pathname, search } = new URL(request.url ?? '');
    const { method, headers } = request;
    const forwarded = requestOver({
      host: target.hostname,
      port: target.port,
      path: pathname + search,
      method,
      headers,
    });
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    requests.push(request);
    socket.on('error', () => undefined);
    if (target.protocol === 'https:') {
      tunnels.add(socket);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel(socket, target);
      return;
    }
    socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.add({
    async close() {
      server.closeAllConnections();
      for (const socket of tunnels) socket.destroy();
      await once(server.close(), 'close');
    },
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked, requests };
}

describe('60: a backend is reached through the proxy that is named by', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('%s, with its questions', async (name) => {
    const backend = new URL((await started.backendOverHttp()).url);
    const proxy = await forwardProxy(backend);
    const { url } = await started.endpoint(['--url', 'http://backend.example/mcp'], { ...UNSET, [name]: proxy.url });
    const client = await started.client(url);
    expect(await client.callTool('ask', { tag: '1st' })).toBe('1st: accept Ada');
    expect(elicitations(client)).toEqual(['POST 1']);
    expect(new Set(proxy.asked)).toContain('POST http://backend.example/mcp');
    expect(proxy.requests[0]?.headers.host).toBe('backend.example');
  });

  it.each(['HTTPS_PROXY', 'https_proxy'])('%s, in a tunnel', async (name) => {
    const proxy = await forwardProxy(new URL('http://127.0.0.1:9'));
    const env = { ...UNSET, [name]: proxy.url.replace('//', '//user:pass%20word@') };
    const { url } = await started.endpoint(['--url', 'https://backend.example/mcp'], env);
    const client = await started.client(url);
    expect(client.arrivals[0]?.message.error?.message).toMatch(/proxy/i);
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT backend.example:443']));
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('user:pass word')}`);
  });

  it('HTTPS_PROXY, with its questions, over TLS in the tunnel', async () => {
    const backend = await withTls(new URL((await started.backendOverHttp()).url));
    const proxy = await forwardProxy(backend);
    const env = { ...UNSET, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: CERTIFICATE };
    const { url } = await started.endpoint(['--url', 'https://backend.example/mcp'], env);
    const client = await started.client(url);
    expect(await client.callTool('ask', { tag: '1st' })).toBe('1st: accept Ada');
    expect(elicitations(client)).toEqual(['POST 1']);
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT backend.example:443']));
  });

  it('HTTPS_PROXY, and not if nobody trusts its certificate', async () => {
    const backend = await withTls(new URL((await started.backendOverHttp()).url));
    const proxy = await forwardProxy(backend);
    const { url } = await started.endpoint(['--url', 'https://backend.example/mcp'], {
      ...UNSET,
      HTTPS_PROXY: proxy.url,
    });
    const client = await started.client(url);
    expect(client.arrivals[0]?.message.error?.message).toMatch(/certificate/i);
  });

  it.each([
    ['HTTP_PROXY', async (to: URL) => Promise.resolve(to)],
    ['HTTPS_PROXY', withTls],
  ] as const)('%s, also for the documents of a protected one', async (name, at) => {
    const backend = started.add(await startProtected());
    const document = { resource: 'https://elsewhere.example', authorization_servers: ['https://auth.example.com'] };
    backend.documents.set('/.well-known/oauth-protected-resource/mcp', () => json(document));
    const target = await at(new URL(backend.url));
    const proxy = await forwardProxy(target);
    const there = `${target.protocol}//backend.example/mcp`;
    const env = { ...UNSET, [name]: proxy.url, NODE_EXTRA_CA_CERTS: CERTIFICATE };
    const { url } = await started.endpoint(['--url', there], env);
    const { status, text } = await send(new URL('/.well-known/oauth-protected-resource/mcp', url).href, {
      method: 'GET',
    });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ ...document, resource: url });
    expect(proxy.asked).toHaveLength(1);
  });

  it('HTTP_PROXY, also for one over the older HTTP+SSE', async () => {
    const server = started.add(await startUpstream('sse'));
    const { _url } = (await server.connect()) as unknown as { readonly _url: URL };
    const proxy = await forwardProxy(_url);
    const there = `http://backend.example${_url.pathname}`;
    const { url } = await started.endpoint(['--sse-url', there], { ...UNSET, HTTP_PROXY: proxy.url });
    const client = await started.client(url);
    expect(await client.callTool('ask', { tag: '1st' })).toBe('1st: accept Ada');
    expect(proxy.asked[0]).toBe(`GET ${there}`);
  });
});

describe('60: a backend is reached without the proxy where NO_PROXY says so:', () => {
  it.each<[string, (backend: URL) => string]>([
    ['NO_PROXY', () => '127.0.0.1'],
    ['no_proxy', () => 'a.example, 127.0.0.1'],
    ['NO_PROXY', ({ host }) => host],
    ['NO_PROXY', () => '*'],
    ['no_proxy', () => 'a.example,*'],
  ])('%s=%s', async (name, value) => {
    const backend = new URL((await started.backendOverHttp()).url);
    const proxy = await forwardProxy(backend);
    const env = { ...UNSET, HTTP_PROXY: proxy.url, [name]: value(backend) };
    const { url } = await started.endpoint(['--url', backend.href], env);
    expect(await (await started.client(url)).callTool('ask', { tag: '1st' })).toBe('1st: accept Ada');
    expect(proxy.asked).toEqual([]);
  });

  it('with another host or port in it, it is reached through it', async () => {
    const backend = new URL((await started.backendOverHttp()).url);
    const proxy = await forwardProxy(backend);
    const env = { ...UNSET, HTTP_PROXY: proxy.url, NO_PROXY: 'backend.example:81, example, ackend.example.org' };
    const { url } = await started.endpoint(['--url', 'http://backend.example.org/mcp'], env);
    await started.client(url);
    expect(proxy.asked).not.toEqual([]);
  });
});

describe('60: a proxy', () => {
  it.each([
    ['that wants to know who asks', 407],
    ['that refuses', 403],
  ])('%s is told, and its password never', async (_what, status) => {
    const proxy = await forwardProxy(new URL('http://127.0.0.1:9'), status);
    const env = { ...UNSET, HTTP_PROXY: proxy.url.replace('//', '//someone:secret-of-the-proxy@') };
    const { url, command } = await started.endpoint(['--url', 'http://backend.example/mcp'], env);
    // In JSON-RPC, or by the status of the answer where a client acts on that.
    const error = await started.client(url).then(
      ({ arrivals }) => arrivals[0]?.message.error?.message,
      (thrown: unknown) => String(thrown),
    );
    expect(error).toContain(String(status));
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('someone:secret-of-the-proxy')}`);
    const told = `${command.stderr.join('\n')}${String(error)}`;
    for (const secret of ['secret-of-the-proxy', btoa('someone:secret-of-the-proxy')])
      expect(told).not.toContain(secret);
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
  });

  it('that is not there is told', async () => {
    const proxy = { url: 'http://127.0.0.1:9' };
    const { url } = await started.endpoint(['--url', 'http://backend.example/mcp'], {
      ...UNSET,
      HTTP_PROXY: proxy.url,
    });
    const client = await started.client(url);
    expect(client.arrivals[0]?.message.error?.message).toMatch(/ECONNREFUSED/);
  });

  it('whose URL is none is refused at start, without its password', async () => {
    const env = { ...UNSET, HTTP_PROXY: 'proxy.example:secret-of-the-proxy@' };
    const command = started.command(['--port', '0', '--url', 'http://backend.example/mcp'], env);
    expect(await command.exit).toEqual({ code: 2, signal: null });
    expect(command.stderr.join('\n')).toMatch(/HTTP_PROXY/);
    expect(command.stderr.join('\n')).not.toContain('secret-of-the-proxy');
  });
});
