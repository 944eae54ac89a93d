/** Draws the pictures of the live page that the documents show, and measures its frames. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launch } from '../../test/live/browser.js';
import { framesOf } from '../../test/live/frames.js';
import { serveLive } from '../../test/live/live-server.js';
import { manyRecords } from '../../test/live/many.js';
import { hangingCalls } from '../../test/live/records.js';
import { ROOT, Started } from '../../test/cli/support.js';

const DOCS = join(ROOT, 'docs');

async function visit(browser: Browser, url: string, colorScheme: 'light' | 'dark', height: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1240, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/live`);
  return page;
}

async function drawHanging(browser: Browser, started: Started): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const { page: server, url } = await serveLive(started, { name: 'my-server' });
    for (const record of hangingCalls(Date.now() - 36_000)) server.add(record);
    const page = await visit(browser, url, scheme, 900);
    await page.getByRole('heading', { name: 'Waits now: 5' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'All' }).click();
    await page.locator('.waiting').getByRole('button', { name: 'log_in 1' }).nth(1).click();
    // The documents are small: of the dark page, the picture is enough.
    const shown = scheme === 'light' ? page.locator('body') : page.locator('.picture-section');
    await shown.screenshot({ path: join(DOCS, `live-${scheme}.png`) });
    if (scheme === 'dark') continue;
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'SVG' }).click(),
    ]);
    await writeFile(join(DOCS, 'live-export.svg'), await readFile(await download.path()));
  }
}

async function measure(browser: Browser, started: Started): Promise<void> {
  const { page: server, url } = await serveLive(started, { name: 'my-server' });
  for (const record of manyRecords(10_000, 200, Date.now() - 600_000)) server.add(record);
  const page = await visit(browser, url, 'light', 900);
  await page.locator('.counts', { hasText: '10,000 events · 200 sessions' }).waitFor();
  await page.getByRole('button', { name: 'All' }).click();
  const frames = await framesOf(page, 600);
  const result = { chromium: browser.version(), events: 10_000, sessions: 200, ...frames };
  await writeFile(join(DOCS, 'results/live.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(result);
}

const started = new Started();
const browser = await launch();
try {
  await drawHanging(browser, started);
  await measure(browser, started);
} finally {
  await browser.close();
  await started.end();
}
