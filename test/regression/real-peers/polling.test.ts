/** A backend that closes the stream of a call lets its client poll for the answer. Through us the client polls likewise. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, expect, test } from 'vitest';
import { serve, type Served } from '../../../examples/lib/serve.js';
import { EventMemory } from '../../../src/cli/event-store.js';
import { Started } from '../../cli/support.js';

const started = new Started();
afterEach(() => started.end());

/** A backend whose one tool closes the stream of its call, and answers when the client has gone. */
async function pollingBackend(): Promise<Served> {
  const events = new EventMemory();
  const backend = await serve({
    async onSession(transport) {
      const server = new Server({ name: 'polling', version: '1.0.0' }, { capabilities: { tools: {} } });
      server.setRequestHandler(CallToolRequestSchema, async (_request, extra) => {
        extra.closeSSEStream?.();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { content: [{ type: 'text', text: 'answered' }] };
      });
      await server.connect(transport);
      return transport;
    },
    transport: {
      eventStore: events.store(new AbortController().signal),
      retryInterval: 100,
    },
  });
  return started.add(backend);
}

const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

async function post(url: string, body: object, session: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...headers, ...session }, body: JSON.stringify(body) });
}

/** Calls the tool, and reads the stream to its end. */
async function called(
  url: string,
  protocolVersion: string,
): Promise<{ stream: string; session: Record<string, string> }> {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'poller', version: '1' } };
  const opened = await post(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  await opened.text();
  const session = {
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': protocolVersion,
  };
  await (await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session)).text();
  const call = await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'poll' } }, session);
  return { stream: await call.text(), session };
}

/** Resumes after the last event, until something comes that is not empty. */
async function resumed(url: string, stream: string, session: Record<string, string>): Promise<string> {
  const last =
    stream
      .match(/^id: (.*)$/gm)
      ?.at(-1)
      ?.slice(4) ?? '';
  const response = await fetch(url, {
    headers: { ...headers, ...session, 'last-event-id': last },
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.includes('answered')) break;
  }
  return text;
}

const way = {
  directly: async () => (await pollingBackend()).url,
  'through the command': async () => {
    const { url } = await pollingBackend();
    return (await started.endpoint(['--event-store', 'memory', '--url', url])).url;
  },
} as const;

test.each(Object.entries(way))(
  'a client of 2025-11-25 is told how long to wait, loses its stream in mid-call, and finds the answer: %s',
  async (_way, open) => {
    const url = await open();
    const { stream, session } = await called(url, '2025-11-25');
    expect(stream).toMatch(/^retry: \d+$/m);
    expect(stream).not.toContain('answered');
    expect(await resumed(url, stream, session)).toContain('"id":1');
  },
);

test('a client of an earlier revision, which need not know how to poll, keeps its stream through the command', async () => {
  const { stream } = await called(await way['through the command'](), '2025-06-18');
  expect(stream).toContain('answered');
});

test('without an event store a client could not resume: it keeps its stream', async () => {
  const { url } = await pollingBackend();
  const { stream } = await called((await started.endpoint(['--url', url])).url, '2025-11-25');
  expect(stream).toContain('answered');
});
