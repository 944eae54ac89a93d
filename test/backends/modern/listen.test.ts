import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { isWithin } from '../../../src/backends/modern/listen-stream.js';
import { modernStage, toolText, type Equip, type ModernStage, type Seen } from './modern-stage.js';

const serverOptions = { capabilities: { resources: { subscribe: true, listChanged: true } } };

const equip: Equip = (server) => {
  server.registerTool('one', { inputSchema: z.object({}) }, () => toolText('one'));
  for (const uri of ['test://a', 'test://b'])
    server.registerResource(uri, uri, {}, () => ({ contents: [{ uri, text: uri }] }));
};

const listens = ({ seen }: ModernStage): readonly Seen[] =>
  seen.filter(({ body }) => body.method === 'subscriptions/listen');

const filterOf = (seen: Seen | undefined): unknown => seen?.body.params?.['notifications'];

/** What the client is told of from now on. */
function changesAt(client: Client): string[] {
  const told: string[] = [];
  client.setNotificationHandler(ToolListChangedNotificationSchema, ({ params }) => {
    told.push(`tools ${JSON.stringify(params ?? {})}`);
  });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
  return told;
}

describe('changes at a modern server', () => {
  it('of its lists reach every client, on its standalone stream and without the name of our subscription', async () => {
    const stage = await modernStage(equip, { serverOptions });
    const clients = [await stage.connect(), await stage.connect({ name: 'ben' })];
    const told = clients.map(changesAt);
    // It is answered when the server tells of changes.
    for (const client of clients) await client.ping();

    stage.handler.notify.toolsChanged();

    await vi.waitFor(() => {
      expect(told).toEqual([['tools {}'], ['tools {}']]);
    });
    expect(filterOf(listens(stage)[0])).toEqual({ toolsListChanged: true, resourcesListChanged: true });
    expect(stage.routes).toMatchObject([{ to: 'standalone' }, { to: 'standalone' }]);
  });

  it('of a resource reach the client that subscribed to it, until it unsubscribes', async () => {
    const stage = await modernStage(equip, { serverOptions });
    const [client, other] = [await stage.connect(), await stage.connect({ name: 'ben' })];
    const [told, others] = [changesAt(client), changesAt(other)];

    await client.subscribeResource({ uri: 'test://a' });
    await other.subscribeResource({ uri: 'test://b' });
    stage.handler.notify.resourceUpdated('test://a');
    stage.handler.notify.resourceUpdated('test://b');
    await vi.waitFor(() => {
      expect([told, others]).toEqual([['test://a'], ['test://b']]);
    });

    await client.unsubscribeResource({ uri: 'test://a' });
    stage.handler.notify.resourceUpdated('test://a');
    stage.handler.notify.toolsChanged();
    await vi.waitFor(() => {
      expect(told).toContain('tools {}');
    });
    expect(told.filter((uri) => uri === 'test://a')).toHaveLength(1);
  });

  it('are not missed while one subscription takes the place of another', async () => {
    const stage = await modernStage(equip, { serverOptions });
    const client = await stage.connect();
    const told = changesAt(client);

    await client.subscribeResource({ uri: 'test://a' });
    const second = client.subscribeResource({ uri: 'test://b' });
    stage.handler.notify.resourceUpdated('test://a');
    await second;

    await vi.waitFor(() => {
      expect(told).toContain('test://a');
    });
    const [first, next, last] = listens(stage);
    expect([first, next, last].map(filterOf)).toMatchObject([
      { toolsListChanged: true },
      { resourceSubscriptions: ['test://a'] },
      { resourceSubscriptions: ['test://a', 'test://b'] },
    ]);
    await Promise.all([first?.gone, next?.gone]);
    expect(last?.response.writableEnded).toBe(false);
  });

  it('are told of again after the stream was lost, of everything that may have changed meanwhile', async () => {
    const stage = await modernStage(equip, { serverOptions });
    const client = await stage.connect();
    const told = changesAt(client);
    await client.subscribeResource({ uri: 'test://a' });

    listens(stage).at(-1)?.response.destroy();

    await vi.waitFor(
      () => {
        expect(told).toEqual(['tools {}', 'test://a']);
      },
      { timeout: 5_000 },
    );
    stage.handler.notify.resourceUpdated('test://a');
    await vi.waitFor(() => {
      expect(told).toEqual(['tools {}', 'test://a', 'test://a']);
    });
  });

  it.each([
    ['test://a', 'test://a', true],
    ['test://a', 'test://a/part', true],
    ['test://a/', 'test://a/part', true],
    ['test://a', 'test://a#part', true],
    ['test://a', 'test://ab', false],
    ['test://a', 'test://b', false],
  ])('of a client that subscribed to %s are those of %s: %j', (wanted, uri, expected) => {
    expect(isWithin(uri, wanted)).toBe(expected);
  });

  it('are not asked for if the server announces none', async () => {
    const stage = await modernStage((server) => {
      server.server.registerCapabilities({ tools: {} });
    });
    const client = await stage.connect();

    await client.ping();

    expect(listens(stage)).toEqual([]);
    await expect(
      client.request({ method: 'resources/subscribe', params: { uri: 'a' } }, z.any() as never),
    ).rejects.toThrow('no subscriptions');
  });

  it('are not asked for when the session is over', async () => {
    const stage = await modernStage(equip, { serverOptions });
    const client = await stage.connect();
    const [first] = listens(stage);

    await (client.transport as unknown as { terminateSession(): Promise<void> }).terminateSession();

    await first?.gone;
    expect(listens(stage)).toHaveLength(1);
  });
});
