/** The SDK's own server refuses the same requests, with the same status and code, in the name of the same request. */
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENVELOPE, HEADERS, METHODS, refused, RETRIES, SHAPE, TASKS, type Case } from './refused.js';
import { headersFor, request } from './requests.js';

const handler = createMcpHandler(serverWithTool, { legacy: 'reject' });

function serverWithTool(): McpServer {
  const server = new McpServer({ name: 'server', version: '1' });
  server.registerTool('a', { inputSchema: z.object({}) }, () => ({ content: [] }));
  return server;
}

afterAll(() => handler.close());

function gone(method: string): Case {
  return [method, request(method, { taskId: 'a' }), headersFor(method, { 'mcp-name': 'a' }), refused(404, -32_601)];
}

async function refusedBySdk(message: unknown, headers: Headers): Promise<object> {
  const all = new Headers(headers);
  all.set('content-type', 'application/json');
  all.set('accept', 'application/json, text/event-stream');
  const posted = new Request('http://127.0.0.1/mcp', { method: 'POST', headers: all, body: JSON.stringify(message) });
  const response = await handler.fetch(posted);
  const { id, error } = (await response.json()) as { id: unknown; error: { code: unknown } };
  return { status: response.status, id, error: { code: error.code } };
}

/**
 * The SDK takes a fraction for an id that a refusal may name. Its server goes on without answers that are none; we say
 * so, because a call that waits for answers must not be run anew.
 */
const DIFFERENT = ['a fraction as id', 'a list as answers', 'null as answers'];
function agreed(cases: readonly Case[]): readonly Case[] {
  return cases.filter(([rule]) => !DIFFERENT.includes(rule));
}

describe.each([
  ['that is no single request', agreed(SHAPE)],
  ['whose envelope is incomplete', ENVELOPE],
  ['whose headers say something else', HEADERS],
  ['whose method is gone', [...METHODS, ...TASKS].map(gone)],
  ['that brings back something else than it was given', agreed(RETRIES)],
])('a message %s', (_name, cases) => {
  it.each(cases)('%s', async (_rule, message, headers, expected) => {
    const { kind: _kind, ...refusal } = expected as { kind: string };
    expect(await refusedBySdk(message, headers)).toEqual(refusal);
  });
});
