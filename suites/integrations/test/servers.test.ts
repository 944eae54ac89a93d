/** Servers of others, as they come from npm, behind the command, with clients that never open GET. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../../../test/cli/support.js';

const started = new Started();
afterEach(async () => started.end());

const CHROMIUM = '/usr/bin/chromium';

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
