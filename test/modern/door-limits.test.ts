/** What a modern client, or many of them, can take up. */
import { describe, expect, it } from 'vitest';
import { doors, type DoorStage } from './door-stage.js';
import { openPost, post, suspensionIn, type RawOptions } from './raw-modern.js';
import { LEVEL } from './requests.js';

const open = doors();

const WAYS: Readonly<Record<string, (stage: DoorStage) => RawOptions>> = {
  'node:http': () => ({}),
  fetch: ({ proxy }) => ({ ask: async (request) => proxy.fetch(request) }),
};

describe.each(Object.entries(WAYS))('a client that does not read its stream (%s)', (_name, way) => {
  it('is cut off, and its call is cancelled', async () => {
    const stage = await open('http', { maxBufferedBytes: 200_000 });
    const options = { ...way(stage), meta: { [LEVEL]: 'debug' } };
    const response = await openPost(stage.url, 'tools/call', { name: 'flood', arguments: { tag: 'f' } }, options);
    await expect.poll(() => stage.journal.cancelled, { timeout: 10_000 }).toEqual(['f']);
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => stage.proxy.snapshot().inFlight).toBe(0);
  }, 20_000);
});

describe.each(Object.entries(WAYS))('a client that reads its stream (%s)', (_name, way) => {
  it('gets a message that is larger than what may wait for it', async () => {
    const stage = await open('http', { maxBufferedBytes: 1_000 });
    const options = { ...way(stage), meta: { [LEVEL]: 'error' } };
    const call = { name: 'logs', arguments: { tag: 'x'.repeat(5_000) } };
    const { messages, last } = await post(stage.url, 'tools/call', call, options);
    expect(messages).toHaveLength(2);
    expect(last.result).toMatchObject({ content: [{ text: 'logged' }] });
  });
});

describe('sessions that no call uses', () => {
  it('end, the oldest first, when they take up more than half of the places', async () => {
    const { url, proxy, journal } = await open('http', { maxSessions: 4 });
    for (const token of ['a', 'b', 'c', 'd', 'e']) await post(url, 'tools/list', {}, { token });
    await expect.poll(() => proxy.snapshot().sessions).toBe(2);
    expect(journal.sessions).toBe(5);
    await post(url, 'tools/list', {}, { token: 'd' });
    expect(journal.sessions).toBe(5);
    await post(url, 'tools/list', {}, { token: 'a' });
    expect(journal.sessions).toBe(6);
  });
});

describe('a proxy that forwards one call at a time per session', () => {
  it('lets no call wait for the user of another, even if sessions are to be shared', async () => {
    const { url, journal } = await open('http', { serialize: true, modernSessions: 'shared' });
    const options = { token: 'ann' };
    const [a, b] = ['a', 'b'].map((tag) => ({ name: 'ask', arguments: { tag } }));
    const first = suspensionIn(await post(url, 'tools/call', { ...a }, options));
    const second = suspensionIn(await post(url, 'tools/call', { ...b }, options));
    expect(journal.sessions).toBe(2);
    for (const [call, { requestState }] of [[b, second] as const, [a, first] as const]) {
      const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: 'at last' } } };
      const { last } = await post(url, 'tools/call', { ...call, requestState, inputResponses }, options);
      expect(last.result).toMatchObject({ content: [{ text: 'at last' }] });
    }
  });
});
