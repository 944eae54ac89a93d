/** `@playwright/mcp` with the Chromium of Debian, and a site for it to visit. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import type { Started } from '../../../test/cli/support.js';

const CHROMIUM = '/usr/bin/chromium';

export const HAS_CHROMIUM: boolean = existsSync(CHROMIUM);
/** To stand at the end of a name of tests that need it. */
export const chromiumNote = HAS_CHROMIUM ? '' : ` (skipped: there is no ${CHROMIUM})`;

/** What follows the options of the command. */
export async function playwright(started: Started): Promise<readonly string[]> {
  // It keeps the pages it has read where it runs, were it not told otherwise.
  const output = await mkdtemp(join(tmpdir(), 'playwright-'));
  started.add({ close: async () => rm(output, { recursive: true, force: true }) });
  const browser = ['--headless', '--isolated', '--no-sandbox', '--executable-path', CHROMIUM];
  const cli = fileURLToPath(new URL('../node_modules/@playwright/mcp/cli.js', import.meta.url));
  return ['--', process.execPath, cli, ...browser, '--output-dir', output];
}

/** A page that says where it is and whom it knows its visitor as: `/sign-in/NAME` gives a cookie. */
export async function site(started: Started): Promise<string> {
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

/** Two clients use a browser each, side by side. What one browser is given, the other must not send: they share an origin. */
export async function expectTwoBrowsers(clients: readonly [StrictClient, StrictClient], origin: string): Promise<void> {
  const visit = async (path: (name: string) => string): Promise<void> => {
    const visits = clients.map(async (client, index) =>
      client.callTool('browser_navigate', { url: `${origin}${path(String(index))}` }),
    );
    await Promise.all(visits);
  };

  await visit((name) => `/sign-in/${name}`);
  await visit(() => '/home');

  const pages = await Promise.all(clients.map(async (client) => client.callTool('browser_snapshot')));
  expect(pages[0]).toContain('This is /home for name=0');
  expect(pages[1]).toContain('This is /home for name=1');
}
