/** The command in front of a server of revision 2026-07-28. */
import { acceptedContent, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Message } from '../../examples/lib/strict-client.js';
import { FORM, modernStage, toolText } from '../backends/modern/modern-stage.js';
import { elicitations, Started } from './support.js';
import { programArgs } from '../support/built-programs.js';

const started = new Started();
afterEach(async () => started.end());

function withAsk(server: McpServer): void {
  server.registerTool('ask', { inputSchema: z.object({ tag: z.string() }) }, ({ tag }, { mcpReq }) => {
    const content = acceptedContent<{ answer: string }>(mcpReq.inputResponses, 'who');
    if (content !== undefined) return toolText(`${tag}: ${content.answer}`);
    return inputRequired({ inputRequests: { who: inputRequired.elicit({ message: tag, requestedSchema: FORM }) } });
  });
}

/** The tag of the call that a message is about. */
function aboutIn({ params, result }: Message): string | undefined {
  const { data, message } = Object(params) as { readonly data?: string; readonly message?: string };
  const { content } = Object(result) as { readonly content?: readonly { readonly text: string }[] };
  return (data ?? message ?? content?.[0]?.text)?.replace(': Ada', '');
}

describe('a server of revision 2026-07-28', () => {
  it.each([
    ['found out', []],
    ['named', ['--upstream-protocol', 'modern']],
  ])('asks clients of earlier revisions on the streams of their calls when its revision is %s', async (_, options) => {
    const stage = await modernStage(withAsk);
    const args = ['--url', stage.backendUrl, '--pass-header', 'x-user', ...options];
    const { url, command } = await started.endpoint(args);
    const client = await started.client(url, { headers: { 'x-user': 'ann' } });

    expect(await client.callTool('ask', { tag: '1st' })).toBe('1st: Ada');
    expect(await client.callTool('ask', { tag: '2nd' })).toBe('2nd: Ada');

    expect(elicitations(client)).toEqual(['POST 1', 'POST 2']);
    const calls = stage.seen.filter(({ body }) => body.method === 'tools/call');
    expect(calls.map(({ headers }) => headers['x-user'])).toEqual(['ann', 'ann', 'ann', 'ann']);
    expect(command.stdout).toBe('');
    expect(command.stderr.filter((line) => !line.includes('serves'))).toEqual([]);
  });

  it('that is run as a command says by its preload which call a log belongs to', async () => {
    const program = new URL('../backends/modern/stdio-program.ts', import.meta.url);
    const { url } = await started.endpoint(['--', process.execPath, ...programArgs(program)]);
    const client = await started.client(url);
    await client.request('logging/setLevel', { level: 'info' });
    const from = client.arrivals.length;
    const tags = ['a', 'b', 'c', 'd'];

    const results = await Promise.all(tags.map(async (tag) => client.callTool('ask', { tag })));

    expect(results).toEqual(tags.map((tag) => `${tag}: Ada`));
    const arrivals = client.arrivals.slice(from);
    for (const tag of tags) {
      const about = arrivals.filter(({ message }) => aboutIn(message) === tag);
      // Two logs, the elicitation and the result.
      expect(about).toHaveLength(4);
      expect(new Set(about.map(({ stream }) => stream)).size).toBe(1);
      expect(JSON.stringify(about)).not.toContain('originating-request');
    }
  });

  it('is refused as it refuses when it is said to be legacy', async () => {
    const stage = await modernStage(withAsk);
    const { url } = await started.endpoint(['--url', stage.backendUrl, '--upstream-protocol', 'legacy']);
    const client = await started.client(url);

    expect(client.arrivals[0]?.message.error).toMatchObject({ code: -32_022 });
    expect(stage.seen.map(({ body }) => body.method)).toEqual(['initialize']);
  });
});
