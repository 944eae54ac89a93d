import { describe, expect, it } from 'vitest';
import { RecentRecords } from '../../src/cli/live-records.js';
import { chromiumNote, HAS_CHROMIUM, stageOf } from './browser.js';
import { framesOf } from './frames.js';
import { serveLive } from './live-server.js';
import { manyRecords } from './many.js';
import { Story } from './records.js';

const { started, visit } = stageOf();

describe.skipIf(!HAS_CHROMIUM)(`the live page with many events${chromiumNote}`, { timeout: 120_000 }, () => {
  it('draws what can be seen of 10,000 events of 200 sessions, frame by frame', async () => {
    const { page: server, url } = await serveLive(started);
    for (const record of manyRecords(10_000, 200, Date.now() - 600_000)) server.add(record);
    const page = await visit(`${url}/live`);
    await page.locator('.counts', { hasText: '10,000 events · 200 sessions' }).waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    const nodes = await page.evaluate<number>("document.querySelectorAll('*').length");
    expect(nodes).toBeLessThan(3_000);

    const still = await framesOf(page);
    // More come while it moves.
    const over = new AbortController();
    const telling = (async () => {
      for (let at = 0; !over.signal.aborted; at += 50) {
        const story = new Story('0000000a', 'client-10', Date.now());
        for (let id = at; id < at + 50; id++) story.call(0, id + 10_000).end(1, id + 10_000);
        for (const record of story.records) server.add(record);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const busy = await framesOf(page);
    over.abort();
    await telling;
    console.log(`live page, 10,000 events of 200 sessions: ${JSON.stringify({ nodes, still, busy })}`);
    expect(still.frames + busy.frames).toBe(360);
    // What comes later replaces what is older, and not for ever more.
    const [, count = ''] = /^([\d,]+) events/.exec(await page.locator('.counts').innerText()) ?? [];
    expect(Number(count.replace(',', ''))).toBeLessThanOrEqual(12_000);
  });

  it('shows a file of 100,000 events once it has come as a whole, and no more of it than can be seen', async () => {
    const records = new RecentRecords(100_000);
    for (const record of manyRecords(100_000, 200, Date.now() - 600_000)) records.addWritten(record);
    const { url } = await serveLive(started, { source: 'file', name: 'trace.jsonl', records });
    const page = await visit(`${url}/live`);
    await page.addInitScript(`
      window.seen = new Set();
      new MutationObserver(() => seen.add(document.querySelector('header')?.innerText)).observe(document, {
        ...{ childList: true, subtree: true, characterData: true },
      });
    `);
    await page.reload();
    await page.locator('header', { hasText: 'the whole file100,000 events · 200 sessions' }).waitFor();
    const seen = (await page.evaluate<string[]>('[...seen]')).join();
    expect(seen).toContain('loading the file');
    expect(new Set(Array.from(seen.matchAll(/([\d,]+) events/g), ([, count]) => count))).toEqual(
      new Set(['0', '100,000']),
    );
    expect(await page.evaluate<number>("document.querySelectorAll('*').length")).toBeLessThan(5_000);
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.locator('.details h2', { hasText: 'Call evaluate 1' }).waitFor();
  });

  it('stays bounded with many events of one session', async () => {
    const { page: server, url } = await serveLive(started);
    const story = new Story('1', 'a-client', Date.now() - 60_000).open();
    for (let id = 0; id < 4_990; id++) story.call(id * 10, id).end(id * 10 + 9, id);
    for (const record of story.records) server.add(record);
    const page = await visit(`${url}/live`);
    await page.getByRole('heading', { name: 'Calls: 4,990' }).waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'Call navigate 0' }).waitFor();
    expect(await page.evaluate<number>("document.querySelectorAll('*').length")).toBeLessThan(3_000);
  });
});
