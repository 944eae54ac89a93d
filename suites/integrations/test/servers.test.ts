/** Servers of others, as they come from npm, behind the command, with clients that never open GET. */
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../../../test/cli/support.js';
import { commandNodes, type RunningNode } from '../../../test/cluster/command-nodes.js';
import { HAS_REDIS, redisNote } from '../../../test/cluster/redis.js';
import { called, connectTo } from '../../../test/modern/modern-client.js';
import { chromiumNote, expectTwoBrowsers, HAS_CHROMIUM, playwright, site } from './playwright.js';

const started = new Started();
afterEach(async () => started.end());

describe.skipIf(!HAS_CHROMIUM)(`@playwright/mcp with Chromium${chromiumNote}`, { timeout: 60_000 }, () => {
  it('navigates in one call, and reads the page in the next', async () => {
    const origin = await site(started);
    const { url } = await started.endpoint(await playwright(started));
    const client = await started.client(url);

    await client.callTool('browser_navigate', { url: `${origin}/one` });

    expect(await client.callTool('browser_snapshot')).toContain('This is /one for nobody');
    await client.delete();
  });

  it('keeps the page for a client without sessions that calls one tool after the other', async () => {
    const origin = await site(started);
    const { url } = await started.endpoint(await playwright(started));
    const client = started.add((await connectTo(url)).client);
    for (const path of ['one', 'two']) {
      await called(client, 'browser_navigate', { url: `${origin}/${path}` });
      expect(await called(client, 'browser_snapshot')).toContain(`This is /${path} for nobody`);
    }
  });

  it('keeps a browser for each of two clients without sessions, if they tell who they are', async () => {
    const origin = await site(started);
    const { url } = await started.endpoint(await playwright(started));
    const clients = await Promise.all(
      ['ann', 'ben'].map(async (token) => started.add((await connectTo(url, { token })).client)),
    );
    const visit = async (path: (at: number) => string): Promise<unknown> =>
      Promise.all(clients.map(async (each, at) => called(each, 'browser_navigate', { url: `${origin}/${path(at)}` })));
    await visit((at) => `sign-in/${at}`);
    await visit(() => 'home');
    const pages = await Promise.all(clients.map(async (each) => called(each, 'browser_snapshot')));
    expect(pages).toEqual([0, 1].map((at) => expect.stringContaining(`This is /home for name=${at}`) as string));
  });

  it('keeps a browser for each of two sessions side by side', async () => {
    const { url } = await started.endpoint(await playwright(started));
    const [one, other] = [await started.client(url), await started.client(url)];
    await expectTwoBrowsers([one, other], await site(started));
    await Promise.all([one, other].map(async (client) => client.delete()));
  });
});

const { startNodes, roundRobin } = commandNodes(started);
const HAS_BOTH = HAS_CHROMIUM && HAS_REDIS;
const BOTH_NOTES = `${chromiumNote}${redisNote}`;

describe.skipIf(!HAS_BOTH)(`@playwright/mcp behind three nodes${BOTH_NOTES}`, { timeout: 120_000 }, () => {
  it('keeps a browser for each of two sessions, whose every request goes to the next node', async () => {
    const [one, two, three] = (await startNodes(3, await playwright(started))) as [
      RunningNode,
      RunningNode,
      RunningNode,
    ];
    const clients = [await roundRobin(one, [two, three, one]), await roundRobin(two, [three, one, two])] as const;
    expect(clients.map(({ sessionId }) => sessionId?.startsWith(one.name))).toEqual([true, false]);
    for (const client of clients) {
      const { tools } = (await client.request('tools/list')).result as { readonly tools: readonly { name: string }[] };
      expect(tools.map(({ name }) => name)).toContain('browser_navigate');
    }

    const origin = await site(started);
    await expectTwoBrowsers(clients, origin);
    // Each goes on where it was, once more, on whichever node.
    await clients[0].callTool('browser_navigate', { url: `${origin}/only-one` });
    const pages = await Promise.all(clients.map(async (client) => client.callTool('browser_snapshot')));
    expect(pages[0]).toContain('This is /only-one for name=0');
    expect(pages[1]).toContain('This is /home for name=1');
    expect(pages[1]).not.toContain('only-one');
    for (const client of clients) expect((await client.delete()).status).toBe(200);
  });
});
