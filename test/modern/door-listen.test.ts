/** `subscriptions/listen`: changes in a session of a legacy backend, as a modern client hears of them. */
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { closers } from '../proxy/support.js';
import { doors } from './door-stage.js';
import { openPost, post, type RawMessage, type RawOptions } from './raw-modern.js';

const open = doors();
const closing = closers();

const ALL = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourceSubscriptions: ['file:///a', 'file:///secret'],
};
const ANN: RawOptions = { token: 'ann' };

async function listening(url: string, id: string, options: RawOptions = ANN, notifications: object = ALL) {
  const leaving = new AbortController();
  closing(() => {
    leaving.abort();
  });
  const messages: RawMessage[] = [];
  const response = await openPost(
    url,
    'subscriptions/listen',
    { notifications },
    { ...options, id, signal: leaving.signal },
  );
  const parser = createParser({ onEvent: ({ data }) => messages.push(JSON.parse(data) as RawMessage) });
  const decoder = new TextDecoder();
  const ended = (async () => {
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk as Uint8Array));
  })().catch(() => undefined);
  await expect.poll(() => messages.length).toBeGreaterThan(0);
  return {
    messages,
    ended,
    leave: () => {
      leaving.abort();
    },
  };
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

describe.each(['shared', 'lease'] as const)('a client that listens (%s)', (modernSessions) => {
  it('is told first what it has subscribed to: what the backend offers', async () => {
    const { url, journal } = await open('http', { modernSessions });
    const { messages } = await listening(url, 'l1');
    expect(messages[0]).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: { toolsListChanged: true, resourceSubscriptions: ['file:///a'] },
        _meta: { [SUBSCRIPTION]: 'l1' },
      },
    });
    expect(journal.subscribed).toEqual(['file:///a']);
  });

  it('is told of changes, each with the id of its subscription', async () => {
    const { url } = await open('http', { modernSessions });
    const first = await listening(url, 'l1');
    const second = await listening(url, 'l2', ANN, { resourceSubscriptions: ['file:///b'] });
    await post(url, 'tools/call', { name: 'change', arguments: { tag: 'file:///a' } }, ANN);
    const told = (): unknown => first.messages.slice(1).map(({ method, params }) => [method, params?.['_meta']]);
    await expect.poll(told).toEqual([
      ['notifications/tools/list_changed', { [SUBSCRIPTION]: 'l1' }],
      ['notifications/resources/updated', { [SUBSCRIPTION]: 'l1' }],
    ]);
    expect(second.messages).toHaveLength(1);
  });

  it('is told of nothing that concerns another user', async () => {
    const { url } = await open('http', { modernSessions });
    const ann = await listening(url, 'l1');
    const nobody = await listening(url, 'l2', {});
    await post(url, 'tools/call', { name: 'change', arguments: { tag: 'file:///a' } }, { token: 'ben' });
    await post(url, 'tools/call', { name: 'change', arguments: { tag: 'file:///a' } }, {});
    await post(url, 'tools/call', { name: 'change', arguments: { tag: 'file:///a' } }, ANN);
    await expect.poll(() => ann.messages.length).toBe(3);
    // That a list has changed says nothing of anybody, and the next call may have the session of the other.
    expect(nobody.messages.slice(1).map(({ method }) => method)).toEqual(['notifications/tools/list_changed']);
  });

  it('unsubscribes when the last one leaves', async () => {
    const { url, journal } = await open('http', { modernSessions });
    const filter = { resourceSubscriptions: ['file:///a'] };
    const first = await listening(url, 'l1', ANN, filter);
    const second = await listening(url, 'l2', ANN, filter);
    expect(journal.subscribed).toEqual(['file:///a']);
    first.leave();
    await first.ended;
    second.leave();
    await expect.poll(() => journal.unsubscribed).toEqual(['file:///a']);
  });

  it('gets a result when the session ends', async () => {
    const { url, proxy } = await open('http', { modernSessions });
    const { messages, ended } = await listening(url, 'l1');
    await proxy.close();
    await ended;
    expect(messages.at(-1)).toMatchObject({
      id: 'l1',
      result: { resultType: 'complete', _meta: { [SUBSCRIPTION]: 'l1' } },
    });
  });
});
