/** A client of revision 2026-07-28 in front of a backend of 2025-11-25, over real HTTP, with both SDKs. */
import { describe, expect, it } from 'vitest';
import { called, doors, type BackendKind } from './door-stage.js';

const open = doors();

const KINDS: readonly BackendKind[] = ['http', 'stdio'];

describe.each(KINDS)('a modern client in front of a legacy backend over %s', (kind) => {
  it('lists tools', async () => {
    const { connect } = await open(kind);
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('ask');
    expect(client.getServerVersion()).toMatchObject({ name: 'legacy' });
    expect(client.getInstructions()).toBe('Ask.');
  });

  it('calls a tool', async () => {
    const { connect } = await open(kind);
    const { client } = await connect();
    expect(await called(client, 'echo', { tag: 'a' })).toBe('echo a');
  });

  it('is asked by a tool', async () => {
    const { connect, routes, errors } = await open(kind);
    const { client, asked } = await connect({ name: 'Ann' });
    expect(await called(client, 'ask', { tag: 'why' })).toBe('Ann: why');
    expect(asked).toEqual(['why']);
    expect(routes).toMatchObject([{ method: 'elicitation/create', to: 'request', outcome: 'delivered' }]);
    expect(errors).toEqual([]);
  });

  it('is asked for a form, and declines', async () => {
    const { connect } = await open(kind);
    const { client } = await connect();
    expect(await called(client, 'ask', { tag: 'decline it' })).toBe('decline');
  });

  it('is asked to visit a page', async () => {
    const { connect } = await open(kind);
    const { client, asked } = await connect();
    expect(await called(client, 'url', { tag: 'visit it' })).toBe('accept');
    expect(asked).toEqual(['visit it']);
  });

  it('is asked for a sample', async () => {
    const { connect } = await open(kind);
    const { client } = await connect({ name: 'Ann' });
    expect(await called(client, 'sample', { tag: 'x' })).toBe('{"type":"text","text":"sampled by Ann"}');
  });

  it('is asked for its roots', async () => {
    const { connect } = await open(kind);
    const { client } = await connect({ name: 'Ann' });
    expect(await called(client, 'roots')).toBe('file:///Ann');
  });

  it('is asked twice in one round', async () => {
    const { connect } = await open(kind);
    const { client, asked } = await connect({ name: 'Ann' });
    expect(await called(client, 'two', { tag: 't' })).toBe('Ann: t a, Ann: t b');
    expect(asked).toEqual(['t a', 't b']);
  });

  it('is asked five times in a row', async () => {
    const { connect, journal } = await open(kind);
    const { client } = await connect({ name: 'A' });
    expect(await called(client, 'chain', { tag: 'c', length: 5 })).toBe('A: c 1, A: c 2, A: c 3, A: c 4, A: c 5');
    if (kind === 'http') expect(Object.fromEntries(journal.runs)).toEqual({ 'chain c': 1 });
  });

  it('calls again what was refused until a page is visited', async () => {
    const { connect, journal } = await open(kind);
    const { client, asked } = await connect();
    expect(await called(client, 'visit', { tag: 'go' })).toBe('visited');
    expect(asked).toEqual(['go']);
    if (kind === 'http') expect(Object.fromEntries(journal.runs)).toEqual({ 'visit go': 2 });
  });

  it('declines to visit a page', async () => {
    const { connect, journal } = await open(kind);
    const { client } = await connect();
    const result = await client.callTool({ name: 'visit', arguments: { tag: 'decline' } });
    expect(result.isError).toBe(true);
    if (kind === 'http') expect(Object.fromEntries(journal.runs)).toEqual({ 'visit decline': 1 });
  });

  it('hears of the progress of its own call', async () => {
    const { connect } = await open(kind);
    const { client } = await connect();
    const heard: unknown[] = [];
    const onprogress = (progress: unknown): void => void heard.push(progress);
    const { content } = await client.callTool({ name: 'progress', arguments: { tag: 'p' } }, { onprogress });
    expect(content).toEqual([{ type: 'text', text: 'done' }]);
    expect(heard).toMatchObject([1, 2, 3].map((progress) => ({ progress, total: 3, message: 'p' })));
  });
});

describe('a modern client that comes by fetch', () => {
  it('is asked by a tool, and hears of progress', async () => {
    const { connect, journal, errors } = await open();
    const { client } = await connect({ name: 'Ann', byFetch: true });
    expect(await called(client, 'chain', { tag: 'f', length: 2 })).toBe('Ann: f 1, Ann: f 2');
    const heard: unknown[] = [];
    await client.callTool({ name: 'progress', arguments: { tag: 'p' } }, { onprogress: (told) => heard.push(told) });
    expect(heard).toHaveLength(3);
    expect(journal.runs.get('chain f')).toBe(1);
    expect(errors).toEqual([]);
  });

  it('cancels a call by leaving', async () => {
    const { connect, journal } = await open();
    const { client } = await connect({ byFetch: true });
    const leaving = new AbortController();
    const call = client.callTool({ name: 'hang', arguments: { tag: 'h' } }, { signal: leaving.signal });
    await expect.poll(() => journal.runs.get('hang h')).toBe(1);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => journal.cancelled).toEqual(['h']);
  });
});

describe('a client that can do both', () => {
  it('is served as a modern one', async () => {
    const { connect, errors } = await open();
    const { client } = await connect({ mode: 'auto' });
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(await called(client, 'ask', { tag: 'a' })).toBe('client: a');
    expect(errors).toEqual([]);
  });

  it('falls back to a session if modern clients are not served', async () => {
    const { connect, errors, proxy } = await open('http', { modern: false });
    const { client } = await connect({ mode: 'auto' });
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(await called(client, 'ask', { tag: 'a' })).toBe('client: a');
    expect(proxy.snapshot().sessions).toBe(1);
    expect(errors).toEqual([]);
  });

  it('shares the URL with one of the other era', async () => {
    const { connect } = await open();
    const [modern, legacy] = await Promise.all([connect({ name: 'M' }), connect({ name: 'L', mode: 'legacy' })]);
    expect(legacy.client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    const texts = [called(modern.client, 'ask', { tag: 'a' }), called(legacy.client, 'ask', { tag: 'b' })];
    expect(await Promise.all(texts)).toEqual(['M: a', 'L: b']);
  });
});
