/** The client's answer to a server request is refused at the door: the server request does not stay open. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { afterEach, describe, expect, test } from 'vitest';
import { withBackchannel } from '../../../src/index.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { elicit, request } from '../../support/messages.js';

type Post = (body: string, headers?: Readonly<Record<string, string>>) => Promise<number>;

interface Session {
  readonly post: Post;
  readonly ask: (id: string | number) => Promise<void>;
  readonly received: JsonRpcMessage[];
  readonly open: () => number;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()));
});

const HEADERS = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-protocol-version': '2025-11-25',
};

async function begun(
  transport: StreamableHTTPServerTransport | WebStandardStreamableHTTPServerTransport,
  fetched: (init: RequestInit) => Promise<Response>,
): Promise<Session> {
  const wrapped = withBackchannel(transport, { responseMode: 'sse' });
  const received: JsonRpcMessage[] = [];
  transport.onerror = () => undefined;
  wrapped.onmessage = (message) => received.push(message);
  await wrapped.start();
  closing.push(async () => wrapped.close());
  const session = { id: undefined as string | undefined };
  const respond = async (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
    const own = session.id === undefined ? {} : { 'mcp-session-id': session.id };
    return fetched({ method: 'POST', headers: { ...HEADERS, ...own, ...headers }, body });
  };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
  session.id = (await respond(JSON.stringify(request('i', 'initialize', params)))).headers.get('mcp-session-id') ?? '';
  await respond(JSON.stringify(request('call')));
  received.length = 0;
  return {
    post: async (body, headers) => (await respond(body, headers)).status,
    ask: async (id) => wrapped.send(elicit(id) as never, { relatedRequestId: 'call' }),
    received,
    open: () => wrapped.backchannel.snapshot().openExchanges,
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

async function overNode(isParsed: boolean): Promise<Session> {
  const bare = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
  const server = createServer((incoming, response) => {
    void (async () => {
      const wrapped = withBackchannel(bare);
      if (!isParsed) return wrapped.handleRequest(incoming, response);
      return wrapped.handleRequest(incoming, response, JSON.parse(await textOf(incoming)));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
  return begun(bare, async (init) => fetch(url, init));
}

async function overWeb(): Promise<Session> {
  const bare = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
  const wrapped = withBackchannel(bare, { responseMode: 'sse' });
  return begun(bare, async (init) => wrapped.handleRequest(new Request('http://127.0.0.1/mcp', init)));
}

const accepted = (id: unknown, more: object = {}): string =>
  JSON.stringify({ result: { action: 'accept', content: {} }, jsonrpc: '2.0', id, ...more });

/** How an answer to request 7 is refused. */
type Row = readonly [string, string, Readonly<Record<string, string>>];

const REFUSED: readonly Row[] = [
  ['406', accepted(7), { accept: 'application/json' }],
  ['415', accepted(7), { 'content-type': 'text/plain' }],
  ['an unknown protocol version', accepted(7), { 'mcp-protocol-version': '1999-01-01' }],
  ['result: null', '{"jsonrpc":"2.0","id":7,"result":null}', {}],
  ['neither result nor error', '{"jsonrpc":"2.0","id":7}', {}],
  ['an error without a code', '{"jsonrpc":"2.0","error":{"message":"no"},"id":7}', {}],
  ['no jsonrpc', '{"id":7,"result":{}}', {}],
  ['a batch with an answer that is not valid', `[${accepted(99)},{"jsonrpc":"2.0","id":7,"result":null}]`, {}],
];

/** Only whoever is given the body itself can be told these. */
const UNPARSED: readonly Row[] = [
  ['JSON that breaks off', '{"jsonrpc":"2.0","id":7,"result":{"action":"acc', {}],
  // A client that is refused before it has sent all sends no more: what names the request must come first.
  ['413', `{"jsonrpc":"2.0","id":7,"result":{"much":"${'x'.repeat(6_000_000)}"}}`, {}],
];

const KINDS: readonly (readonly [string, () => Promise<Session>, readonly Row[]])[] = [
  ['over node:http, where the transport reads the body', async () => overNode(false), [...REFUSED, ...UNPARSED]],
  ['over node:http, where the body was parsed before', async () => overNode(true), REFUSED],
  ['over a web-standard transport', overWeb, [...REFUSED, ...UNPARSED]],
];

describe.each(KINDS)('44: %s', (_kind, open, ways) => {
  test.each(ways)('a server request is settled with an error when its answer has %s', async (_way, body, headers) => {
    const { post, ask, received, open: openExchanges } = await open();
    await ask(7);
    await ask(8);
    expect(await post(body, headers)).toBeGreaterThanOrEqual(400);
    await expect
      .poll(() => received)
      .toMatchObject([{ id: 7, error: { code: -32000, data: { code: 'ANSWER_REFUSED' } } }]);
    expect(openExchanges()).toBe(1);
  });

  const NO_ANSWERS: readonly Row[] = [
    ['a request with the same id', JSON.stringify(request(7)), { accept: 'application/json' }],
    ['an answer with another id', '{"jsonrpc":"2.0","id":"7","result":null}', {}],
    ['an answer from outside of the session', accepted(7), { 'mcp-session-id': 'another', accept: '*/*' }],
  ];
  test.each(NO_ANSWERS)('it stays open when %s is refused', async (_what, body, headers) => {
    const { post, ask, received, open: openExchanges } = await open();
    await ask(7);
    expect(await post(body, headers)).toBeGreaterThanOrEqual(400);
    expect(await post(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }))).toBe(202);
    expect(received.filter(({ id }) => id !== undefined)).toEqual([]);
    expect(openExchanges()).toBe(1);
    expect(await post(accepted(7))).toBe(202);
    expect(openExchanges()).toBe(0);
  });
});
