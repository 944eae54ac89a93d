/** What stands before us keeps its connections, and writes paths in its own way. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createEndpoint, listen } from '../../../src/cli/endpoint.js';
import { parse } from '../../../src/cli/options.js';
import { MIRROR, mirrored, Started } from '../../cli/support.js';
import { send } from '../../proxy/raw-http.js';
import { closers } from '../../proxy/support.js';
import { NOTHING_OPEN } from '../../support/nothing-open.js';

const started = new Started();
afterEach(async () => started.end());
const closing = closers();

describe('60: a path is served with a slash at its end as without', () => {
  it.each([
    ['/mcp', ['/mcp', '/mcp/', '/mcp/?x=1'], ['/mcp/x', '/mcp//x', '/', '/MCP/']],
    ['/a/b/', ['/a/b', '/a/b/'], ['/a/', '/a/b/c']],
    ['/', ['/', '/?x=1'], ['/mcp']],
  ])('%s', async (path, good, bad) => {
    const { url } = await started.endpoint(['--path', path, ...MIRROR]);
    for (const at of good) {
      const client = await started.client(new URL(at, url).href);
      expect((await mirrored(client)).pid).toBeGreaterThan(0);
      expect((await client.delete()).status).toBe(200);
    }
    for (const at of bad) expect((await send(new URL(at, url).href, { body: '{}' })).status).toBe(404);
  });

  it.each(['/healthz/', '/metrics/'])('%s, which is ours', async (path) => {
    const { url } = await started.endpoint(MIRROR);
    expect((await fetch(new URL(path, url))).status).toBe(200);
  });

  it.each(['/healthz/', '/metrics/', '/.well-known/oauth-protected-resource', '/.well-known'])(
    '%s cannot be that of the endpoint',
    (path) => {
      expect(() => parse(['--path', path, '--', 'server'])).toThrow(/^--path must be another path/);
    },
  );
});

describe('60: a connection that is not used is kept', () => {
  const told = async (url: string): Promise<string> => {
    const agent = new Agent({ keepAlive: true });
    const request = httpRequest(new URL('/healthz', url), { agent }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    agent.destroy();
    return String(response.headers['keep-alive']);
  };

  it('for longer than load balancers keep theirs, unless another time is given', async () => {
    expect(await told((await started.endpoint(MIRROR)).url)).toBe('timeout=75');
    expect(await told((await started.endpoint(['--keep-alive-timeout', '2m', ...MIRROR])).url)).toBe('timeout=120');
  });

  it('by option for ever, or as long as a duration', () => {
    expect(parse(['--keep-alive-timeout', '0', '--', 'server'])).toMatchObject({ keepAliveTimeout: 0 });
    expect(() => parse(['--keep-alive-timeout', 'x', '--', 'server'])).toThrow(
      /^--keep-alive-timeout must be a duration/,
    );
  });

  it.each([
    ['for its time, though a head may take less', 2_000, true],
    ['for no longer', 150, false],
    ['for ever, if so told', 0, true],
  ])('%s', async (_how, keepAliveTimeout, isKept) => {
    const server = createEndpoint({
      proxy: {
        listener: () => undefined,
        snapshot: () => NOTHING_OPEN,
      },
      metrics: () => Promise.resolve(new Registry()),
      path: '/mcp',
      guard: { check: () => undefined },
      isClosing: () => false,
      onerror: () => undefined,
      timeouts: { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 },
      keepAliveTimeout,
    });
    const url = new URL(await listen(server, 0, '127.0.0.1', '/mcp'));
    closing(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const socket = connect(Number(url.port), url.hostname);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    const answered = async (count: number): Promise<unknown> =>
      expect.poll(() => received.split('HTTP/1.1 200').length - 1, { timeout: 5_000 }).toBe(count);
    const ask = (): unknown => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    ask();
    await answered(1);
    const closed = once(socket, 'close').then(() => 'closed');
    // Of a timeout that is not reached there is no event: this is longer than those of a head and of a request.
    const outcome = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1_500, 'kept'))]);
    if (isKept) {
      ask();
      await answered(2);
    }
    expect(outcome).toBe(isKept ? 'kept' : 'closed');
    socket.destroy();
  });
});

it('60: a page of an allowed origin may read the challenge, the version and when to come again', async () => {
  const { url } = await started.endpoint(['--cors', ...MIRROR]);
  const { headers } = await send(url, { body: '{}', headers: { origin: 'http://localhost:5173' } });
  const exposed = String(headers['access-control-expose-headers']).toLowerCase().split(/, */);
  expect(exposed).toEqual(
    expect.arrayContaining(['mcp-session-id', 'mcp-protocol-version', 'www-authenticate', 'retry-after']),
  );
});
