import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { LivePage } from '../../src/cli/live-page.js';
import { chromiumNote, HAS_CHROMIUM, stageOf } from './browser.js';
import { serveLive } from './live-server.js';
import { hangingCalls, Story } from './records.js';

const { started, visit, expected } = stageOf();

/** Stories that began so long ago that what hangs is late. */
const hanging = (): ReturnType<typeof hangingCalls> => hangingCalls(Date.now() - 30_000);

function tell(page: LivePage, records: Story['records']): void {
  for (const record of records) page.add(record);
}

async function rows(page: Page): Promise<string[]> {
  return page.locator('.rows .row').allInnerTexts();
}

const counted = async (page: Page, count: number): Promise<void> =>
  page.locator('.counts', { hasText: `${count} events` }).waitFor();

describe.skipIf(!HAS_CHROMIUM)(`the live page in Chromium${chromiumNote}`, { timeout: 60_000 }, () => {
  it('shows what has happened, and what happens as it does', async () => {
    const { page: server, url } = await serveLive(started);
    tell(server, new Story('5e5510n1', 'a-client', Date.now()).open().call(0, 1).end(20, 1).records);
    const page = await visit(`${url}/live`);
    await page.getByRole('gridcell', { name: 'navigate 1' }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('a-server');
    expect(await page.getByRole('heading', { name: 'Nothing waits' }).count()).toBe(1);

    const story = new Story('5e5510n2', 'another', Date.now()).open().call(0, 7, 'log_in');
    story.ask(10, { outcome: 'parked', to: 'nowhere', call: undefined });
    tell(server, story.records);
    await page.getByRole('heading', { name: 'Waits now: 1' }).waitFor();
    await expect.poll(async () => page.title()).toBe('(1) a-server – mcp-backchannel live');
    expect(await page.locator('.waiting li').innerText()).toMatch(
      /^log_in 7 of 5e5510n2 \(another\): elicitation\/create 0 cannot reach the client, which has no open stream, for/,
    );
    // Screen readers are told as well.
    await page
      .locator('.announcer', { hasText: 'log_in 7 of session 5e5510n2: elicitation/create 0 cannot' })
      .waitFor();
    await page.locator('svg text', { hasText: 'elicitation/create 0 · sole · parked' }).waitFor();
  });

  it('goes on after an event that it cannot show', async () => {
    expected.push(/null/);
    const { page: server, url } = await serveLive(started);
    const page = await visit(`${url}/live`);
    const failed = page.waitForEvent('pageerror');
    server.add(null as never);
    await failed;
    tell(server, new Story('5e5510n1', 'a-client', Date.now()).open().call(0, 1).records);
    await page.getByRole('gridcell', { name: 'navigate 1' }).waitFor();
  });

  it('draws each way to hang in another way', async () => {
    const { page: server, url } = await serveLive(started);
    tell(server, hanging());
    const page = await visit(`${url}/live`, { height: 1400 });
    await page.getByRole('heading', { name: 'Waits now: 5' }).waitFor();
    const texts = (await page.locator('svg text:is(.alarm, .in)').allTextContents()).join('\n');
    for (const text of [
      'waits for the backend',
      "waits for the client's answer: elicitation/create 0",
      'no stream: elicitation/create 0',
      'refused AMBIGUOUS: elicitation/create 0',
      'session-ended',
      'backend ended: the backend has closed the connection (ended with code 1)',
    ])
      expect(texts).toContain(text);
    for (const look of ['.turn.bad', '.parked.bad', '.refused', '.dead']) {
      expect(await page.locator(`svg path${look}`).count(), look).toBeGreaterThan(0);
    }
  });

  it('shows in the picture, in the table and in words what is selected where it waits', async () => {
    const { page: server, url } = await serveLive(started);
    tell(server, hanging());
    const page = await visit(`${url}/live`);
    await page.locator('.waiting').getByRole('button', { name: 'log_in 2' }).click();
    await page.getByRole('heading', { name: 'Call log_in 2' }).waitFor();
    expect(await page.locator('.story').innerText()).toMatch(
      /elicitation\/create 0 was refused \(AMBIGUOUS\), and the backend/,
    );
    await page.locator('svg rect.selected').waitFor();
    await expect.poll(async () => page.locator('svg text.name').allTextContents()).toContain('a3b19005');
    await page.locator('#selected-call', { hasText: 'a3b19005' }).waitFor();
  });

  it('filters by session, by method, and what waits', async () => {
    const { page: server, url } = await serveLive(started);
    tell(server, hanging());
    const page = await visit(`${url}/live`);
    await counted(page, 43);
    await page.getByRole('combobox', { name: 'Session' }).fill('silent-client');
    await page.getByRole('heading', { name: 'Calls: 1' }).waitFor();
    expect(await page.locator('svg text.name').allTextContents()).toEqual(['c11e4752']);

    await page.getByRole('combobox', { name: 'Session' }).fill('');
    await page.getByRole('combobox', { name: 'Method' }).fill('EVALUATE');
    await page.getByRole('heading', { name: 'Calls: 2' }).waitFor();
    expect(await page.locator('svg text.name').allTextContents()).toEqual(['5113ba5e', 'dead0bac']);

    await page.getByLabel('only what waits').check();
    await page.getByRole('heading', { name: 'Calls: 1' }).waitFor();
    expect((await rows(page)).join()).toContain('the backend has not answered');

    await page.getByRole('combobox', { name: 'Method' }).fill('no such method');
    await page.getByText('The filter leaves nothing.').waitFor();
  });

  it('pauses, steps through the events, and goes on', async () => {
    const { page: server, url } = await serveLive(started);
    const from = Date.now() - 5_000;
    tell(server, new Story('1', 'a-client', from).open().call(10, 1).end(20, 1).records);
    const page = await visit(`${url}/live`);
    await counted(page, 4);
    await page.getByRole('button', { name: 'Pause' }).click();
    tell(server, new Story('1', 'a-client', from).call(30, 2, 'later').records);
    await counted(page, 5);
    expect(await page.getByRole('gridcell', { name: 'later 2' }).count()).toBe(0);

    const output = page.locator('output');
    await page.getByRole('button', { name: 'Step back' }).click();
    expect(await output.innerText()).toMatch(/^3 of 5: [\d:.]+ 1 call navigate 1$/);
    expect((await rows(page)).join()).toContain('in flight');
    await page.getByRole('button', { name: 'Step ▸' }).click();
    await page.getByRole('button', { name: 'Step ▸' }).click();
    expect(await output.innerText()).toContain('5 of 5');
    await page.getByRole('gridcell', { name: 'later 2' }).waitFor();
    await page.getByLabel('Event', { exact: true }).fill('1');
    await page.getByRole('heading', { name: 'Calls: 0' }).waitFor();

    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('gridcell', { name: 'later 2' }).waitFor();
    expect(await output.innerText()).toBe('');
  });

  it('saves what is shown as JSON lines and as a picture', async () => {
    const { page: server, url } = await serveLive(started);
    const records = hanging();
    tell(server, records);
    const page = await visit(`${url}/live`);
    await counted(page, 43);
    const folder = await mkdtemp(join(tmpdir(), 'saved-'));
    started.add({ close: async () => rm(folder, { recursive: true }) });
    const saved = async (name: string): Promise<string> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      expect(download.suggestedFilename()).toMatch(/^mcp-backchannel-[\dT-]+\.(jsonl|svg)$/);
      await download.saveAs(join(folder, name === 'SVG' ? 'saved.svg' : 'saved.jsonl'));
      return readFile(await download.path(), 'utf8');
    };
    expect(await saved('JSON lines')).toBe(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    await page.getByRole('combobox', { name: 'Session' }).fill('dead0bac');
    const ofOne = records.filter(({ session }) => session === 'dead0bac');
    expect(await saved('JSON lines')).toBe(ofOne.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const viewer = started.command(['view', join(folder, 'saved.jsonl')]);
    await viewer.line(new RegExp(`shows ${ofOne.length} events of `));
    expect(viewer.stderr).toHaveLength(1);

    await page.getByRole('combobox', { name: 'Session' }).fill('');
    const svg = await saved('SVG');
    // The page itself allows no styles but its own. The file has them inside.
    const blank = await page.context().newPage();
    await blank.goto(`file://${join(folder, 'saved.svg')}`);
    const fill = await blank.evaluate<string>("getComputedStyle(document.querySelector('.bar.late')).fill");
    expect(fill).toBe('rgb(251, 213, 218)');
    const parsed = await blank.evaluate<{ name: string; texts: string[] }>(`
      const { documentElement: root } = new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml');
      ({ name: root.nodeName, texts: Array.from(root.querySelectorAll('text'), ({ textContent }) => textContent) });
    `);
    expect(parsed.name).toBe('svg');
    // All lanes, also those below the edge of the page.
    for (const text of ['a11we110', 'a3b19005', 'waits for the backend', 'client', 'proxy', 'backend'])
      expect(parsed.texts).toContain(text);
  });

  it('goes on after the connection broke, with no event twice and none lost', async () => {
    const { page: server, url, drop } = await serveLive(started);
    expected.push(/Failed to load resource|ERR_/);
    tell(server, new Story('1', 'a-client', Date.now()).open().call(10, 1).records);
    const page = await visit(`${url}/live`);
    await counted(page, 3);
    drop();
    await page.getByText('connection lost').waitFor();
    tell(server, new Story('1', 'a-client', Date.now()).end(30, 1).call(40, 2, 'after').records);
    await page.getByRole('gridcell', { name: 'after 2' }).waitFor();
    await counted(page, 5);
    expect((await rows(page)).length).toBe(2);
  });

  it('connects again when nothing has come for so long that the connection must be gone', async () => {
    const { page: server, url } = await serveLive(started);
    const page = await visit(`${url}/live`);
    await page.clock.install();
    await page.reload();
    await page.getByText('live', { exact: true }).waitFor();
    const again = page.waitForRequest(`${url}/live/events`);
    await page.clock.fastForward(70_000);
    await again;
    tell(server, new Story('1', 'a-client', Date.now()).open().call(0, 1).records);
    await page.getByRole('gridcell', { name: 'navigate 1' }).waitFor();
    await counted(page, 3);
  });

  it('opens with the token, which does not stay in the address', async () => {
    const { page: server, url } = await serveLive(started, { token: 'a-token-of-ours' });
    tell(server, new Story('1', 'a-client', Date.now()).open().call(0, 1).records);
    const page = await visit(`${url}/live?token=a-token-of-ours`);
    await page.getByRole('gridcell', { name: 'navigate 1' }).waitFor();
    expect(page.url()).toBe(`${url}/live`);
  });
  it('opens with the token from a link of another site', async () => {
    const { page: server, url } = await serveLive(started, { token: 'a-token-of-ours' });
    expected.push(/401/);
    tell(server, new Story('1', 'a-client', Date.now()).open().call(0, 1).records);
    const page = await visit(`${url}/live`);
    await page.goto(`data:text/html,<a href="${url}/live?token=a-token-of-ours">open</a>`);
    await page.getByRole('link', { name: 'open' }).click();
    await page.getByRole('gridcell', { name: 'navigate 1' }).waitFor();
    expect(page.url()).toBe(`${url}/live`);
  });
});
