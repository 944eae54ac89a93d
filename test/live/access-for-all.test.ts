import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumNote, HAS_CHROMIUM, stageOf } from './browser.js';
import { serveLive } from './live-server.js';
import { hangingCalls, Story } from './records.js';

const { started, visit } = stageOf();

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
  );
}

describe.skipIf(!HAS_CHROMIUM)(`the live page is usable by all${chromiumNote}`, { timeout: 60_000 }, () => {
  it.each(['light', 'dark'] as const)('without a violation that axe finds, in %s', async (scheme) => {
    const { page: server, url } = await serveLive(started);
    const page = await visit(`${url}/live`, { scheme });
    await page.getByText('No events yet.').waitFor();
    expect(await violations(page)).toEqual([]);

    for (const record of hangingCalls(Date.now() - 30_000)) server.add(record);
    await page.getByRole('heading', { name: 'Waits now: 5' }).waitFor();
    await page.getByRole('button', { name: 'evaluate 2' }).click();
    await page.getByRole('heading', { name: 'Call evaluate 2' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await violations(page)).toEqual([]);
  });

  it('with the keyboard alone', async () => {
    const { page: server, url } = await serveLive(started);
    const story = new Story('1', 'a-client', Date.now() - 20_000).open();
    for (let id = 1; id <= 100; id++) story.call(id * 100, id).end(id * 100 + 50, id);
    for (const record of story.records) server.add(record);
    const page = await visit(`${url}/live`);
    await page.getByRole('heading', { name: 'Calls: 100' }).waitFor();

    // Every control can be reached, and the focus can be seen.
    const reached: string[] = [];
    const focused = async (): Promise<string> =>
      page.evaluate<string>(`
        const { activeElement: element } = document;
        const name = element.getAttribute('aria-labelledby') ?? element.getAttribute('aria-label');
        name ?? element.textContent;
      `);
    for (let press = 0; press < 20 && reached.at(-1) !== 'calls-heading'; press++) {
      await page.keyboard.press('Tab');
      reached.push(await focused());
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).not.toBe('none');
    }
    expect(reached).toEqual(expect.arrayContaining(['Zoom in', 'Pause', 'JSON lines', 'calls-heading']));
    expect(reached.join()).toContain('Picture of sessions over time');

    expect(await page.getByRole('columnheader').allInnerTexts()).toContain('State');
    // The table: arrows select, and what is selected is seen and told.
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { name: 'Call navigate 100' }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'Call navigate 1', exact: true }).waitFor();
    const selected = page.locator('#selected-call');
    await selected.waitFor();
    expect(await selected.innerText()).toContain('navigate 1');
    expect(await page.getByRole('grid').getAttribute('aria-activedescendant')).toBe('selected-call');
    await page.keyboard.press('ArrowUp');
    await page.getByRole('heading', { name: 'Call navigate 2', exact: true }).waitFor();

    // The picture: moving, zooming, pausing, stepping.
    const picture = page.getByRole('group', { name: /^Picture of sessions/ });
    await picture.focus();
    const ticks = async (): Promise<string> => (await page.locator('svg text.dim').allTextContents()).slice(-6).join();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const before = await ticks();
    await page.keyboard.press('-');
    await expect.poll(ticks).not.toBe(before);
    await page.keyboard.press(',');
    await page.locator('output', { hasText: '201 of 202' }).waitFor();
    await page.keyboard.press('.');
    await page.locator('output', { hasText: '202 of 202' }).waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });
});
