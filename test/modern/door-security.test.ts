/** Handles are taken once, by their own principal, for their own call. Whatever else comes runs nothing. */
import { describe, expect, it } from 'vitest';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Journal, legacyBackend } from './legacy-backend.js';
import { doors } from './door-stage.js';
import { post, suspensionIn, type RawOptions } from './raw-modern.js';

const open = doors();

const CALL = { name: 'ask', arguments: { tag: 'mine' } };
const ANN: RawOptions = { token: 'ann' };
const accept = (key: string): object => ({ [key]: { action: 'accept', content: { answer: 'yes' } } });

/** Ann's call, suspended. */
async function suspended(
  url: string,
  options = ANN,
): Promise<{ readonly requestState: string; readonly retry: object }> {
  const { requestState, inputRequests } = suspensionIn(await post(url, 'tools/call', CALL, options));
  const [key = ''] = Object.keys(inputRequests);
  return { requestState, retry: { ...CALL, requestState, inputResponses: accept(key) } };
}

describe('a handle of a suspended call', () => {
  it('is taken by its owner', async () => {
    const { url, journal } = await open();
    const { retry } = await suspended(url);
    const { status, last } = await post(url, 'tools/call', retry, ANN);
    expect(status).toBe(200);
    expect(last.result).toMatchObject({ resultType: 'complete', content: [{ text: 'yes' }] });
    expect(Object.fromEntries(journal.runs)).toEqual({ 'ask mine': 1 });
  });

  it.each([
    { theft: 'another principal', changed: {}, options: { token: 'ben' } },
    { theft: 'an anonymous client', changed: {}, options: {} },
    { theft: 'other arguments', changed: { arguments: { tag: 'other' } }, options: ANN },
    { theft: 'another tool', changed: { name: 'echo' }, options: ANN },
    { theft: 'a forged handle', changed: { requestState: 'A'.repeat(43) }, options: ANN },
    { theft: 'no handle', changed: { requestState: undefined }, options: ANN },
  ])('is of no use to $theft, and its owner can still take it', async ({ changed, options }) => {
    const { url, journal } = await open();
    const { retry } = await suspended(url);
    const refused = await post(url, 'tools/call', { ...retry, ...changed }, options);
    expect(refused.status).toBe(200);
    expect(refused.last.error).toMatchObject({ code: -32602 });
    const taken = await post(url, 'tools/call', retry, ANN);
    expect(taken.last.result).toMatchObject({ content: [{ text: 'yes' }] });
    expect(Object.fromEntries(journal.runs)).toEqual({ 'ask mine': 1 });
  });

  it('is taken once', async () => {
    const { url, journal } = await open();
    const { retry } = await suspended(url);
    const both = await Promise.all([post(url, 'tools/call', retry, ANN), post(url, 'tools/call', retry, ANN)]);
    expect(both.map(({ last }) => last.error?.code ?? 'taken').sort()).toEqual([-32602, 'taken']);
    expect(Object.fromEntries(journal.runs)).toEqual({ 'ask mine': 1 });
  });

  it('is not known to a session of the other era', async () => {
    const { url } = await open();
    const { requestState } = await suspended(url);
    const response = await fetch(url, { headers: { 'mcp-session-id': requestState, accept: 'text/event-stream' } });
    expect(response.status).toBe(404);
  });
});

describe('a client that has declared less', () => {
  it('is not asked, and is told what it lacks', async () => {
    const { url } = await open();
    const answer = await post(url, 'tools/call', CALL, { capabilities: { sampling: {} } });
    expect(answer.status).toBe(400);
    expect(answer.last.error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { form: {} } } },
    });
  });

  it('cannot go on with the call of one that has declared more, and does not use it up', async () => {
    const { url } = await open();
    const call = { name: 'ask', arguments: { tag: 'a' } };
    const { requestState } = suspensionIn(await post(url, 'tools/call', call));
    const retry = { ...call, requestState, inputResponses: { 'elicitation-1': { action: 'decline' } } };
    const { last } = await post(url, 'tools/call', retry, { capabilities: {} });
    expect(last.error?.code).toBe(-32_602);
    expect((await post(url, 'tools/call', retry)).last.result).toMatchObject({ resultType: 'complete' });
  });

  it('does not share a session with one that has declared more', async () => {
    const { url, journal } = await open();
    await post(url, 'tools/list', {}, ANN);
    await post(url, 'tools/list', {}, { ...ANN, capabilities: {} });
    await post(url, 'tools/list', {}, ANN);
    expect(journal.sessions).toBe(2);
  });
});

describe('a backend that refuses a session', () => {
  it.each(['shared', 'lease', 'call'] as const)('is asked again for the next call (%s)', async (modernSessions) => {
    let isBroken = true;
    const upstream = async (): Promise<InMemoryTransport> => {
      const [near, far] = InMemoryTransport.createLinkedPair();
      if (!isBroken) {
        await legacyBackend(new Journal()).connect(far);
        return near;
      }
      far.onmessage = (message) => {
        const { id } = message as { readonly id: number };
        void far.send({ jsonrpc: '2.0', id, error: { code: -32603, message: 'not today' } });
      };
      return near;
    };
    const { url, proxy } = await open('http', { modernSessions, upstream });
    const refused = await post(url, 'tools/list', {}, ANN);
    expect(refused.last.error).toMatchObject({ code: -32603, message: 'not today' });
    await expect.poll(() => proxy.snapshot().sessions).toBe(0);
    isBroken = false;
    const listed = await post(url, 'tools/list', {}, ANN);
    expect(listed.last.result).toMatchObject({ resultType: 'complete' });
  });
});

describe('the session of one client', () => {
  const key = (value: string): RawOptions => ({ headers: { 'x-api-key': value } });

  it('is not given to another that sends other headers, of which a backend may know it', async () => {
    const { url, journal } = await open();
    await post(url, 'tools/list', {}, key('ann'));
    await post(url, 'tools/list', {}, key('ben'));
    await post(url, 'tools/list', {}, key('ann'));
    expect(journal.sessions).toBe(2);
  });

  it('is not shared by all who present the common token', async () => {
    const { url, journal } = await open('http', { token: 'common', modernSessions: 'shared' });
    const common = { token: 'common' };
    await Promise.all([post(url, 'tools/call', CALL, common), post(url, 'tools/call', CALL, common)]);
    expect(journal.sessions).toBe(2);
  });

  it('is not given to another when its backend asks after the call', async () => {
    const { url, journal, proxy } = await open();
    await post(url, 'tools/call', { name: 'late', arguments: { tag: 'for Ann' } });
    journal.patience.resolve();
    await expect.poll(() => journal.late.length).toBe(1);
    expect(journal.late[0]).toContain('no call is in flight');
    await expect.poll(() => proxy.snapshot().sessions).toBe(0);
    const { last } = await post(url, 'tools/call', { name: 'echo', arguments: { tag: 'b' } });
    expect(last.result).toMatchObject({ content: [{ text: 'echo b' }] });
    expect(journal.sessions).toBe(2);
  });
});
