/** Clients of the revision without sessions, through the command. */
import { afterEach, describe, expect, it } from 'vitest';
import { post, suspensionIn } from '../modern/raw-modern.js';
import { MIRROR, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

const CALL = { name: 'ask', arguments: {} };

async function pidBehind(url: string, token?: string, headers: Record<string, string> = {}): Promise<unknown> {
  const options = token === undefined ? { headers } : { token, headers };
  const { last } = await post(url, 'tools/call', { name: 'any', arguments: {} }, options);
  const [{ text }] = last.result?.['content'] as [{ text: string }];
  return (JSON.parse(text) as { pid: number }).pid;
}

describe('a modern client', () => {
  it('is asked, and answers', async () => {
    const { url, command } = await started.endpoint(['--trace', ...MIRROR]);
    const first = suspensionIn(await post(url, 'tools/call', CALL));
    expect(first.inputRequests).toEqual({
      'elicitation-1': { method: 'elicitation/create', params: { message: 'ask' } },
    });
    const inputResponses = { 'elicitation-1': { action: 'accept', content: {} } };
    const { requestState } = first;
    const { last } = await post(url, 'tools/call', { ...CALL, requestState, inputResponses });
    expect(last.result).toMatchObject({ resultType: 'complete', content: [{ text: 'accept' }] });
    await command.line(/elicitation\/create/);
    await command.line(/tools\/call \S+ \(\S+ of the client\) round 1 asked: elicitation\/create$/);
    await command.line(/tools\/call \S+ \(\S+ of the client\) round 1 came-back, after \d+ ms$/);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    expect(metrics).toContain('mcp_backchannel_rounds_total{outcome="asked"} 1\n');
    expect(metrics).toContain('mcp_backchannel_rounds_total{outcome="came-back"} 1\n');
    expect(metrics).toContain('mcp_backchannel_suspended 0\n');
    expect(metrics).toContain('mcp_backchannel_leased 0\n');
  });

  it('is told on its retry that the server has died', async () => {
    const { url } = await started.endpoint(['--modern-sessions', 'shared', ...MIRROR]);
    const ann = { token: 'ann' };
    const { requestState } = suspensionIn(await post(url, 'tools/call', CALL, ann));
    const died = await post(url, 'tools/call', { name: 'die', arguments: {} }, ann);
    expect(died.last.error?.message).toContain('The session has ended');
    const { last } = await post(url, 'tools/call', { ...CALL, requestState, inputResponses: {} }, ann);
    expect(last.error?.message).toContain('The session has ended');
  });

  it('leaves its server to the next call', async () => {
    const { url } = await started.endpoint(MIRROR);
    expect(await pidBehind(url)).toBe(await pidBehind(url));
    expect(await pidBehind(url, 'ann')).not.toBe(await pidBehind(url, 'ben'));
  });

  it('leaves its session to the next call, which has another value of a --vary-header', async () => {
    const servers = await started.endpoint(MIRROR);
    const { url } = await started.endpoint([
      '--url',
      servers.url,
      '--vary-header',
      'X-Build',
      '--upstream-protocol',
      'legacy',
    ]);
    const first = await pidBehind(url, 'ann', { 'x-build': '1' });
    expect(await pidBehind(url, 'ann', { 'x-build': '2' })).toBe(first);
    expect(await pidBehind(url, 'ann', { 'x-user': '2' })).not.toBe(first);
  });

  it('has a new server for each call with --modern-sessions call', async () => {
    const { url } = await started.endpoint(['--modern-sessions', 'call', ...MIRROR]);
    expect(await pidBehind(url)).not.toBe(await pidBehind(url));
  });

  it('is refused with --no-modern', async () => {
    const { url } = await started.endpoint(['--no-modern', ...MIRROR]);
    const { status, last } = await post(url, 'tools/call', CALL);
    expect(status).toBe(400);
    expect(last.error).toMatchObject({ code: -32000 });
  });
});
