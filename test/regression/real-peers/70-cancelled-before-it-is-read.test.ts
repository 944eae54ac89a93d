/** A web-standard client cancels the body of a response before it has read any of it. */
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { describe, expect, test } from 'vitest';
import { withBackchannel } from '../../../src/index.js';
import { answer, elicit, notification, request } from '../../support/messages.js';
import { MemoryEventStore } from '../../support/event-store.js';

type Leave = (response: Response, client: AbortController) => Promise<void>;

const LEAVES: readonly (readonly [string, Leave])[] = [
  ['cancels the body', async ({ body }) => body?.cancel()],
  [
    'aborts the request',
    async (_response, client) => {
      client.abort();
      return Promise.resolve();
    },
  ],
];

class NotingStore extends MemoryEventStore {
  readonly stored: unknown[] = [];

  override async storeEvent(...[stream, message]: Parameters<MemoryEventStore['storeEvent']>): Promise<string> {
    const { method, id } = message as { readonly method?: unknown; readonly id?: unknown };
    if (method !== undefined || id !== undefined) this.stored.push(method ?? id);
    return super.storeEvent(stream, message);
  }
}

/** What becomes of messages that are sent when the client has left. */
async function afterLeaving(isWrapped: boolean, protocolVersion: string, leave: Leave): Promise<unknown> {
  const eventStore = new NotingStore();
  const bare = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => 'session', eventStore });
  const transport = isWrapped ? withBackchannel(bare, { parkTimeoutMs: 20 }) : bare;
  transport.onmessage = () => undefined;
  await transport.start();
  const client = new AbortController();
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-session-id': 'session',
    'mcp-protocol-version': protocolVersion,
  };
  const post = async (message: object): Promise<Response> =>
    transport.handleRequest(
      new Request('http://127.0.0.1/mcp', {
        method: 'POST',
        headers,
        body: JSON.stringify(message),
        signal: client.signal,
      }),
    );
  await post(request(0, 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'c', version: '1' } }));
  await leave(await post(request(1)), client);
  const outcomes: unknown[] = [];
  for (const [message, relatedRequestId] of [
    [elicit('q'), 1],
    [notification('notifications/message'), 1],
    [notification('notifications/tools/list_changed'), undefined],
    [answer(1), undefined],
  ] as const) {
    const options = relatedRequestId === undefined ? undefined : { relatedRequestId };
    outcomes.push(
      await transport.send(message as never, options).then(
        () => 'sent',
        (error: unknown) => (error as Error).message,
      ),
    );
  }
  await transport.close();
  return { outcomes, stored: eventStore.stored };
}

describe.each(['2025-11-25', '2025-06-18'])('70: a client of %s that', (version) => {
  test.each(LEAVES)('%s before it reads: events are stored as by the bare transport', async (_title, leave) => {
    const direct = (await afterLeaving(false, version, leave)) as { readonly stored: unknown[] };
    expect(direct.stored).toContain('elicitation/create');
    const wrapped = (await afterLeaving(true, version, leave)) as { readonly stored: unknown[] };
    // Without a GET, news waits for one and is not stored.
    const news = 'notifications/tools/list_changed';
    expect({ ...wrapped, stored: wrapped.stored.filter((one) => one !== news) }).toEqual({
      ...direct,
      stored: direct.stored.filter((one) => one !== news),
    });
  });
});
