/** The headers in which the command names the trace to backends over HTTP, whatever the revision and the transport. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { modernClient, modernServer } from '../modern/modern-server.js';
import { listen } from '../proxy/support.js';
import { OtlpReceiver } from './otlp-receiver.js';

const started = new Started();
afterEach(async () => started.end());

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const _meta = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'vendor=a' };

interface Post {
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the POSTs of this tool name as their parents. */
function parentsIn(seen: readonly Post[], tool: string): readonly unknown[] {
  const posts = seen.filter(({ text }) => text.includes('"tools/call"') && text.includes(`"${tool}"`));
  return posts.map(({ headers: { traceparent, tracestate } }) => ({ traceparent, tracestate }));
}

async function commandBefore(...backend: readonly string[]) {
  const receiver = started.add(new OtlpReceiver());
  const { command, url } = await started.endpoint(backend, await receiver.start());
  return {
    url,
    /** Of the span of calling the tool, once all is exported. */
    async calling(tool: string) {
      command.process.kill('SIGTERM');
      await command.exit;
      const span = receiver.spans.find(({ kind, name }) => kind === 3 && name === `tools/call ${tool}`);
      expect(span?.attributes).toContainEqual({ key: 'network.protocol.version', value: { stringValue: '1.1' } });
      return { traceparent: `00-${TRACE}-${span?.spanId ?? ''}-01`, tracestate: 'vendor=a' };
    },
  };
}

/** A server over HTTP+SSE, the older transport. */
async function sseServer(): Promise<{ readonly url: string; readonly seen: readonly Post[] }> {
  const seen: Post[] = [];
  let stream: ServerResponse | undefined;
  const http = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.method === 'GET') {
        stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
        stream.write('event: endpoint\ndata: /messages\n\n');
        return;
      }
      seen.push({ text: body, headers: request.headers });
      response.writeHead(202).end();
      const { id } = JSON.parse(body) as { id?: number };
      const result = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 's', version: '1' },
        content: [],
      };
      if (id !== undefined) stream?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    });
  });
  const url = await listen(http);
  started.add({
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
  return { url, seen };
}

describe('the command names the span of a call in the headers of each POST', () => {
  it('to a modern backend, for a client of an earlier revision: also when the call is repeated with answers', async () => {
    const backend = started.add(await modernServer());
    const command = await commandBefore('--url', backend.url);
    const client = await started.client(command.url);
    await client.request('tools/call', { name: 'twice', arguments: {}, _meta });
    const calling = await command.calling('twice');
    expect(parentsIn(backend.seen, 'twice')).toEqual([calling, calling, calling]);
    // A subscription belongs to no call, and lasts.
    const listening = backend.seen.find(({ text }) => text.includes('"subscriptions/listen"'));
    expect(listening?.headers).toMatchObject({ 'mcp-method': 'subscriptions/listen' });
    expect(listening?.headers).not.toHaveProperty('traceparent');
  });

  it('to a modern backend, for a modern client', async () => {
    const backend = started.add(await modernServer());
    const command = await commandBefore('--url', backend.url);
    const { client } = await modernClient(command.url);
    await client.callTool({ name: 'echo', arguments: { tag: 'a' }, _meta });
    await client.close();
    const calling = await command.calling('echo');
    expect(parentsIn(backend.seen, 'echo')).toEqual([calling]);
  });

  it('to a backend over HTTP+SSE', async () => {
    const backend = await sseServer();
    const command = await commandBefore('--sse-url', backend.url);
    const client = await started.client(command.url);
    await client.request('tools/call', { name: 'echo', arguments: {}, _meta });
    const calling = await command.calling('echo');
    expect(parentsIn(backend.seen, 'echo')).toEqual([calling]);
  });
});
