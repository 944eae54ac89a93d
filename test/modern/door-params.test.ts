/** Headers that repeat arguments of a tool, and a legacy backend that has never heard of them. */
import { describe, expect, it } from 'vitest';
import { called, doors } from './door-stage.js';
import { post, suspensionIn, type RawOptions } from './raw-modern.js';

const open = doors();

const MISMATCH = { status: 400, last: { error: { code: -32_020 } } };

const call = { name: 'tagged', arguments: { tag: 'Köln' } };
const RIGHT = { headers: { 'mcp-param-tag': '=?base64?S8O2bG4=?=' } };
const WRONG = { headers: { 'mcp-param-tag': 'Bonn' } };

describe('a tool that asks for an argument as a header, once it is listed', () => {
  it('is called by the SDK, which sends the header', async () => {
    const { connect, journal } = await open();
    const { client } = await connect({ name: 'Ann' });
    await client.listTools();
    expect(await called(client, 'tagged', { tag: 'Köln' })).toBe('Ann: Köln');
    expect(journal.runs.get('tagged Köln')).toBe(1);
  });

  it.each([
    ['without the header', {}],
    ['with another value in the header', WRONG],
    ['with an invalid value in the header', { headers: { 'mcp-param-tag': '=?base64?S8O2bG4?=' } }],
  ])('does not run %s', async (_how, options: RawOptions) => {
    const { url, journal } = await open();
    await post(url, 'tools/list', {});
    expect(await post(url, 'tools/call', call, options)).toMatchObject(MISMATCH);
    expect(journal.runs.size).toBe(0);
  });

  it('does not go on, and can still go on, after a retry with another header', async () => {
    const { url, journal } = await open();
    await post(url, 'tools/list', {});
    const { requestState } = suspensionIn(await post(url, 'tools/call', call, RIGHT));
    const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: 'yes' } } };
    const retry = { ...call, requestState, inputResponses };
    expect(await post(url, 'tools/call', retry, WRONG)).toMatchObject(MISMATCH);
    const { last } = await post(url, 'tools/call', retry, RIGHT);
    expect(last.result).toMatchObject({ content: [{ text: 'yes' }] });
    expect(journal.runs.get('tagged Köln')).toBe(1);
  });

  it('may be called without the header by a client with other capabilities, which has not listed it', async () => {
    const { url } = await open();
    await post(url, 'tools/list', {});
    const capabilities = { elicitation: {}, sampling: {} };
    suspensionIn(await post(url, 'tools/call', call, { capabilities }));
  });

  it('may be called without the header by another user, who has not listed it', async () => {
    const { url } = await open();
    await post(url, 'tools/list', {}, { token: 'ann' });
    suspensionIn(await post(url, 'tools/call', call, { token: 'ben' }));
    expect(await post(url, 'tools/call', call, { token: 'ann' })).toMatchObject(MISMATCH);
  });
});

it('a tool that was not listed is not checked', async () => {
  const { url } = await open();
  suspensionIn(await post(url, 'tools/call', call, WRONG));
});
