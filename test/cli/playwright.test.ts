import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ROOT, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const CHROMIUM = '/usr/bin/chromium';
const playwright = ['', 'plugins/'].map(installedIn).find((path) => path !== undefined);
const isHere = playwright !== undefined && existsSync(CHROMIUM);
const unless = isHere ? '' : ` (skipped: needs @playwright/mcp and ${CHROMIUM})`;

it.skipIf(!isHere)(
  `keeps a browser for each session of @playwright/mcp, from one call to the next${unless}`,
  async () => {
    const site = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<title>page ${request.url ?? ''}</title><h1>This is ${request.url ?? ''}</h1>`);
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    started.add({
      async close() {
        site.closeAllConnections();
        await once(site.close(), 'close');
      },
    });
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const options = ['--headless', '--isolated', '--no-sandbox', '--executable-path', CHROMIUM];
    const { url } = await started.endpoint(['--', process.execPath, playwright ?? '', ...options]);
    const [one, other] = [await started.client(url), await started.client(url)];

    await one.callTool('browser_navigate', { url: `${origin}/one` });
    await other.callTool('browser_navigate', { url: `${origin}/other` });

    expect(await one.callTool('browser_snapshot')).toContain('This is /one');
    expect(await other.callTool('browser_snapshot')).toContain('This is /other');
  },
  60_000,
);

function installedIn(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(ROOT, folder, 'package.json')).resolve('@playwright/mcp/package.json');
    return join(dirname(manifest), 'cli.js');
  } catch {
    return undefined;
  }
}
