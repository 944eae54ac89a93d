/** Servers of others, as they come from npm, behind the command, with clients that never open GET. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { Command, elicitations, Started } from '../../test/cli/support.js';
import { freePort } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const CHROMIUM = '/usr/bin/chromium';
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

describe('server-everything over Streamable HTTP, with GET never opened,', () => {
  let client: StrictClient;
  beforeEach(async () => {
    const { url } = await started.endpoint(['--url', await everythingOverHttp()]);
    client = await started.client(url, {
      capabilities: CAPABILITIES,
      answers: {
        'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada' } }),
        'sampling/createMessage': () => ({
          role: 'assistant',
          model: 'none',
          content: { type: 'text', text: 'hello from the model' },
        }),
        'roots/list': () => ({ roots: [{ uri: 'file:///here', name: 'here' }] }),
      },
    });
  });

  it('asks its first and its second question on the streams of their calls', async () => {
    expect(await client.callTool('trigger-elicitation-request')).toContain('Ada');
    expect(await client.callTool('trigger-elicitation-request')).toContain('Ada');
    expect(elicitations(client)).toEqual(['POST 1', 'POST 2']);
  });

  it('samples on the stream of the call', async () => {
    expect(await client.callTool('trigger-sampling-request', { prompt: 'hi' })).toContain('hello from the model');
    expect(streamsOf(client, 'sampling/createMessage')).toEqual(['POST 1']);
  });

  it('gets the roots on the stream of a call, though it asks for them on a stream of no call', async () => {
    expect(await client.callTool('get-roots-list')).toContain('file:///here');
    // It asks after a session has begun, and again when a call needs them before that is answered.
    expect(new Set(streamsOf(client, 'roots/list'))).toEqual(new Set(['POST 1']));
  });

  it('reports progress five times on the stream of the call, before the response', async () => {
    const { response } = client.start('tools/call', {
      name: 'trigger-long-running-operation',
      arguments: { duration: 0.1, steps: 5 },
      _meta: { progressToken: 'token' },
    });
    expect((await response).result).toMatchObject({ content: [{ text: expect.stringContaining('completed') }] });

    const arrived = client.arrivals.filter(({ stream }) => stream === 'POST 1').map(({ message }) => message);
    const reports = arrived.filter(({ method }) => method === 'notifications/progress');
    expect(reports.map(({ params }) => params)).toEqual(
      [1, 2, 3, 4, 5].map((progress) => ({ progressToken: 'token', progress, total: 5 })),
    );
    expect(arrived.at(-1)?.id).toBe(1);
    expect(streamsOf(client, 'notifications/progress')).toHaveLength(5);
  });
});

const hasChromium = existsSync(CHROMIUM);
const unless = hasChromium ? '' : ` (skipped: there is no ${CHROMIUM})`;

describe.skipIf(!hasChromium)(`@playwright/mcp with Chromium${unless}`, { timeout: 60_000 }, () => {
  it('navigates in one call, and reads the page in the next', async () => {
    const [origin, url] = [await site(), await playwright()];
    const client = await started.client(url);

    await client.callTool('browser_navigate', { url: `${origin}/one` });

    expect(await client.callTool('browser_snapshot')).toContain('This is /one for nobody');
    await client.delete();
  });

  it('keeps a browser for each of two sessions side by side', async () => {
    const [origin, url] = [await site(), await playwright()];
    const clients = [await started.client(url), await started.client(url)];
    const visit = async (path: (name: string) => string): Promise<void> => {
      const visits = clients.map(async (client, index) =>
        client.callTool('browser_navigate', { url: `${origin}${path(String(index))}` }),
      );
      await Promise.all(visits);
    };

    // What one browser is given, the other must not send: they share an origin.
    await visit((name) => `/sign-in/${name}`);
    await visit(() => '/home');

    const pages = await Promise.all(clients.map(async (client) => client.callTool('browser_snapshot')));
    expect(pages[0]).toContain('This is /home for name=0');
    expect(pages[1]).toContain('This is /home for name=1');
    await Promise.all(clients.map(async (client) => client.delete()));
  });
});

/** The streams on which requests or notifications of this method have come. */
function streamsOf({ arrivals }: StrictClient, method: string): string[] {
  return arrivals.filter(({ message }) => message.method === method).map(({ stream }) => stream);
}

async function everythingOverHttp(): Promise<string> {
  const port = await freePort();
  const file = installed('@modelcontextprotocol/server-everything/dist/index.js');
  const env = { ...process.env, PORT: String(port) };
  const server = new Command(spawn(process.execPath, [file, 'streamableHttp'], { env }));
  started.add({
    async close() {
      server.process.kill('SIGKILL');
      await server.exit;
    },
  });
  await server.line(/listening on port/);
  return `http://127.0.0.1:${port}/mcp`;
}

async function playwright(): Promise<string> {
  // It keeps the pages it has read where it runs, were it not told otherwise.
  const output = await mkdtemp(join(tmpdir(), 'playwright-'));
  started.add({ close: async () => rm(output, { recursive: true, force: true }) });
  const browser = ['--headless', '--isolated', '--no-sandbox', '--executable-path', CHROMIUM];
  const options = [...browser, '--output-dir', output];
  const { url } = await started.endpoint(['--', process.execPath, installed('@playwright/mcp/cli.js'), ...options]);
  return url;
}

/** A page that says where it is and whom it knows its visitor as: `/sign-in/NAME` gives a cookie. */
async function site(): Promise<string> {
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    const name = /^\/sign-in\/(\w+)$/.exec(url)?.[1];
    if (name !== undefined) response.setHeader('set-cookie', `name=${name}; Path=/`);
    response.setHeader('content-type', 'text/html');
    response.end(`<h1>This is ${url} for ${headers.cookie ?? 'nobody'}</h1>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.add({
    async close() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function installed(path: string): string {
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
}
