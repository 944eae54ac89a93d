/** The live page in the Chromium of Debian. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Started } from '../cli/support.js';

const CHROMIUM = '/usr/bin/chromium';

export const HAS_CHROMIUM: boolean = existsSync(CHROMIUM);
/** To stand at the end of a name of tests that need it. */
export const chromiumNote: string = HAS_CHROMIUM ? '' : ` (skipped: there is no ${CHROMIUM})`;

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

interface Visit {
  readonly scheme?: 'light' | 'dark';
  readonly height?: number;
}

export interface Stage {
  readonly started: Started;
  /** Opens the page. What it reports as an error fails the test at its end, and so does what it loads from elsewhere. */
  readonly visit: (url: string, visit?: Visit) => Promise<Page>;
  /** What a test expects to be reported. */
  readonly expected: RegExp[];
}

/** One browser for the tests of a file, and a page of its own for each. */
export function stageOf(): Stage {
  let browser: Browser | undefined;
  const started = new Started();
  const complaints: string[] = [];
  const expected: RegExp[] = [];

  beforeAll(async () => {
    if (HAS_CHROMIUM) browser = await launch();
  }, 60_000);
  afterAll(async () => browser?.close());
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await started.end();
    const unexpected = complaints.splice(0).filter((text) => !expected.some((fits) => fits.test(text)));
    expected.length = 0;
    expect(unexpected).toEqual([]);
  });

  return {
    started,
    expected,
    async visit(url, { scheme = 'light', height = 900 } = {}) {
      if (browser === undefined) throw new Error('there is no browser');
      const context = await browser.newContext({ viewport: { width: 1280, height }, colorScheme: scheme });
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() !== 'info' && message.type() !== 'log') complaints.push(`console: ${message.text()}`);
      });
      page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`));
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin)
          complaints.push(`loads ${request.url()}`);
      });
      await page.goto(url);
      return page;
    },
  };
}
