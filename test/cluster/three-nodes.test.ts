import { request as httpRequest } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { QUESTIONS } from '../support/stage.js';
import { MemoryEventStore } from '../support/event-store.js';
import { threeNodes, type ClusterNode } from './three-nodes.js';

const open = threeNodes();
const DOORS = ['node', 'web'] as const;

describe.each(DOORS)('a client whose every request goes to the next node (%s)', (door) => {
  it.each(QUESTIONS)('is asked by $tool, and its answer arrives', async ({ tool, answer }) => {
    const { connect, nodes } = await open({ door });
    const client = await connect('ann');
    expect(await client.callTool(tool)).toBe(answer);
    expect(await client.callTool(tool)).toBe(answer);
    expect(nodes[1].cluster.snapshot().passed.answered).toBeGreaterThan(0);
    expect(nodes[2].cluster.snapshot().passed.answered).toBeGreaterThan(0);
  });

  it('has one session, and gets back what it has stored there', async () => {
    const { connect, nodes } = await open({ door });
    const client = await connect();
    await client.callTool('remember', { key: 'a', value: 1 });
    for (let time = 1; time <= 4; time++) expect(await client.callTool('recall', { key: 'a' })).toBe('1');
    expect(nodes.map(({ proxy }) => proxy.snapshot().sessions)).toEqual([1, 0, 0]);
  });

  it('sees progress and logs on the stream of the call', async () => {
    const { connect } = await open({ door });
    const client = await connect();
    await client.callTool('log');
    const params = { name: 'count', arguments: { steps: 3 }, _meta: { progressToken: 'p' } };
    const { id, response } = client.start('tools/call', params);
    await response;
    const progress = client.arrivals.filter(({ message }) => message.method === 'notifications/progress');
    expect(progress.map(({ stream }) => stream)).toEqual(Array(3).fill(`POST ${String(id)}`));
  });

  it('opens its standalone stream on another node than that which has the session', async () => {
    const { connect } = await open({ door });
    const client = await connect();
    const exchange = await client.openGet();
    expect(exchange.status).toBe(200);
    const news = client.next(({ message }) => message.method === 'notifications/tools/list_changed');
    await client.callTool('change_tools');
    await news;
    exchange.drop();
  });

  it('cancels a call on another node', async () => {
    const { connect } = await open({ door });
    const client = await connect();
    client.answer('elicitation/create', () => undefined);
    const asked = client.next(({ message }) => message.method === 'elicitation/create');
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await asked;
    const takenBack = client.next(
      ({ message: { params } }) => (params as { requestId?: unknown } | undefined)?.requestId === message.id,
    );
    await client.notify('notifications/cancelled', { requestId: call.id });
    await takenBack;
  });

  it('ends its session on another node', async () => {
    const { connect, nodes } = await open({ door });
    const client = await connect();
    expect((await client.delete()).status).toBe(200);
    await expect.poll(() => nodes[0].proxy.snapshot().sessions).toBe(0);
    for (let time = 1; time <= 3; time++) expect((await client.openGet()).status).toBe(404);
  });

  it('makes eight calls at once, each of which asks', async () => {
    const { connect } = await open({ door });
    const client = await connect('ann');
    const calls = Array.from({ length: 8 }, async (_, at) => client.callTool('ask', { tag: `t${at}` }));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 8 }, (_, at) => `t${at}: accept ann`));
  });
});

it('resumes a stream on another node', async () => {
  const { connect, nodes } = await open({ eventStore: () => new MemoryEventStore() });
  const client = await connect('ann');
  client.answer('elicitation/create', () => undefined);
  const asked = client.next(({ message }) => message.method === 'elicitation/create');
  const call = client.start('tools/call', { name: 'ask' });
  const { eventId, message } = await asked;
  await call.drop();
  const answer = client.next((arrival) => arrival.message.id === call.id);
  await client.openGet(eventId);
  await client.reply(message.id, { action: 'accept', content: { answer: 'late' } });
  expect((await answer).message.result).toEqual({ content: [{ type: 'text', text: 'ask: accept late' }] });
  expect(nodes.map(({ proxy }) => proxy.snapshot().sessions)).toEqual([1, 0, 0]);
});

it('gives answers in JSON', async () => {
  const { connect } = await open({ enableJsonResponse: true });
  const client = await connect();
  expect(await client.callTool('echo', { text: 'ä€' })).toBe('ä€');
  expect(await client.callTool('echo', { text: 'b' })).toBe('b');
});

describe('security', () => {
  it('finds no session with another credential, on whichever node', async () => {
    const { connect, nodes } = await open();
    const victim = await connect('ann', { headers: { authorization: 'Bearer ann' } });
    for (const { url } of nodes)
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await send(url, method, victim, { authorization: 'Bearer eve' });
        expect(answer.status).toBe(404);
        expect(answer.headers['mcp-backchannel-cluster-unknown']).toBeUndefined();
      }
    expect(await victim.callTool('echo', { text: 'still here' })).toBe('still here');
  });

  it('checks the host and the origin at every node', async () => {
    const { connect, nodes } = await open();
    const client = await connect();
    for (const { url } of nodes) {
      expect((await send(url, 'POST', client, { host: 'evil.example' })).status).toBe(403);
      expect((await send(url, 'POST', client, { origin: 'https://evil.example' })).status).toBe(403);
    }
  });

  it('ignores headers between nodes that a client sends', async () => {
    const { connect, nodes } = await open();
    const client = await connect();
    const forged = { 'mcp-backchannel-cluster': 'v1 0 a b c node d e', 'mcp-backchannel-cluster-unknown': '1' };
    for (const { url } of nodes) {
      const { status, body } = await send(url, 'POST', client, forged);
      expect([status, body]).toEqual([200, expect.stringContaining('"result"')]);
    }
  });

  it('takes nothing on the inner listener that no node has signed', async () => {
    const { connect, nodes } = await open();
    const client = await connect();
    const [owner] = nodes;
    expect((await send(owner.innerUrl, 'POST', client)).status).toBe(502);
    expect((await send(owner.innerUrl, 'GET', client)).status).toBe(502);
    expect(owner.errors.map(({ message }) => message)).toEqual([expect.stringContaining('inner listener')]);
  });

  it('takes a request once only, and not with another credential', async () => {
    const { connect, nodes } = await open();
    const client = await connect();
    const [owner, edge] = nodes;
    const { seen, restore } = spyOn(owner);
    await send(edge.url, 'POST', client);
    restore();
    const [stolen] = seen;
    if (stolen === undefined) throw new Error('nothing was passed on');
    for (const more of [[], ['authorization', 'Bearer eve']])
      expect((await raw(owner.innerUrl, 'POST', [...stolen, ...more], PING)).status).toBe(502);
  });

  it('looks for no session whose id no node has made', async () => {
    const { nodes } = await open();
    for (const id of ['x', `${'A'.repeat(16)}.x`, `${nodes[0].cluster.self}.${'0'.repeat(36)}`])
      expect((await raw(nodes[1].url, 'POST', [...HEADERS, 'mcp-session-id', id], PING)).status).toBe(404);
  });
});

describe('the node of a session is killed', () => {
  it('in mid-call: the call gets an error on its own stream within a second, and the next request 404', async () => {
    const { connect, nodes, ownerOf, othersOf } = await open();
    const client = await connect('ann', { via: [nodes[1], nodes[2]] });
    client.answer('elicitation/create', () => undefined);
    const asked = client.next(({ message }) => message.method === 'elicitation/create');
    const call = client.start('tools/call', { name: 'ask' });
    await asked;
    const owner = ownerOf(client);
    const others = othersOf(client);
    const killedAt = performance.now();
    owner.kill();
    expect((await call.response).error).toMatchObject({
      code: -32000,
      message: expect.stringContaining('may have run') as string,
    });
    expect(client.arrivals.at(-1)?.stream).toBe(`POST ${String(call.id)}`);
    await (
      await call.exchange
    ).ended;
    expect(performance.now() - killedAt).toBeLessThan(1_000);
    for (const { url } of others) {
      const sentAt = performance.now();
      expect((await send(url, 'POST', client)).status).toBe(404);
      expect(performance.now() - sentAt).toBeLessThan(1_000);
    }
  });

  it('with a standalone stream: the stream ends, and a new session works', async () => {
    const { connect, nodes } = await open();
    const client = await connect('ann', { via: [nodes[1]] });
    const stream = await client.openGet();
    nodes[0].kill();
    await stream.ended;
    expect((await client.openGet()).status).toBe(404);
    expect((await raw(nodes[1].url, 'POST', HEADERS, INITIALIZE)).status).toBe(200);
  });
});

describe('a node that drains', () => {
  it('passes new sessions on to another, and finishes the calls that it has', async () => {
    const { connect, nodes } = await open();
    const [draining] = nodes;
    const client = await connect('ann');
    client.answer('elicitation/create', () => undefined);
    const asked = client.next(({ message }) => message.method === 'elicitation/create');
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await asked;
    const closed = draining.proxy.close({ graceMs: 10_000 });
    await draining.cluster.drain();
    const opened = await raw(draining.url, 'POST', HEADERS, INITIALIZE);
    expect(opened.status).toBe(200);
    expect(String(opened.headers['mcp-session-id']).split('.')[0]).not.toBe(draining.cluster.self);
    await client.reply(message.id, { action: 'accept', content: { answer: 'in time' } });
    expect((await call.response).result).toEqual({ content: [{ type: 'text', text: 'ask: accept in time' }] });
    await closed;
    expect((await send(nodes[1].url, 'POST', client)).status).toBe(404);
  });

  it('waits for the calls that it has passed on to other nodes', async () => {
    const { connect, nodes } = await open();
    const client = await connect('ann', { via: [nodes[1]] });
    client.answer('elicitation/create', () => undefined);
    const asked = client.next(({ message }) => message.method === 'elicitation/create');
    const call = client.start('tools/call', { name: 'ask' });
    const { message } = await asked;
    let isClosed = false;
    const closed = nodes[1].proxy.close({ graceMs: 10_000 }).then(() => (isClosed = true));
    // In this time it could close.
    await setImmediate();
    expect(isClosed).toBe(false);
    await client.reply(message.id, { action: 'accept', content: { answer: 'late' } });
    expect((await call.response).result).toEqual({ content: [{ type: 'text', text: 'ask: accept late' }] });
    await closed;
  });

  it('passes them on over fetch, too, so that they are found there', async () => {
    const { nodes } = await open({ door: 'web' });
    const [draining, ...others] = nodes;
    await draining.cluster.drain();
    const opened = await raw(draining.url, 'POST', HEADERS, INITIALIZE);
    const id = String(opened.headers['mcp-session-id']);
    for (const { url } of [draining, ...others])
      expect((await raw(url, 'POST', [...HEADERS, 'mcp-session-id', id], PING)).status).toBe(200);
  });

  it('keeps new sessions if there is no other node', async () => {
    const { nodes } = await open();
    for (const { cluster } of nodes) await cluster.drain();
    expect((await raw(nodes[0].url, 'POST', HEADERS, INITIALIZE)).status).toBe(200);
  });
});

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});
const PING = JSON.stringify({ jsonrpc: '2.0', id: 77, method: 'ping' });
const HEADERS = [
  'host',
  'localhost',
  'accept',
  'application/json, text/event-stream',
  'content-type',
  'application/json',
];

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A request in the session of this client. */
async function send(
  url: string,
  method: string,
  { sessionId = '' }: StrictClient,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const own = Object.entries(headers).flat();
  const usual = HEADERS.filter((_, at) => !Object.hasOwn(headers, HEADERS[at - (at % 2)] ?? ''));
  return raw(url, method, [...usual, 'mcp-session-id', sessionId, ...own], method === 'POST' ? PING : '');
}

async function raw(url: string, method: string, headers: readonly string[], body: string): Promise<RawAnswer> {
  const length = body === '' ? [] : ['content-length', String(Buffer.byteLength(body))];
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, agent: false, headers: [...headers, ...length] as never })
      .on('response', (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
          });
      })
      .on('error', reject)
      .end(body);
  });
}

/** Notes the headers of the requests that come in on the inner listener. */
function spyOn({ cluster }: ClusterNode): { readonly seen: readonly string[][]; readonly restore: () => void } {
  const seen: string[][] = [];
  const received = cluster.received.bind(cluster);
  cluster.received = async (request, maxBytes) => {
    seen.push(
      request.rawHeaders.filter((_, at) => request.rawHeaders[at - (at % 2)]?.toLowerCase() !== 'content-length'),
    );
    return received(request, maxBytes);
  };
  return {
    seen,
    restore() {
      cluster.received = received;
    },
  };
}
