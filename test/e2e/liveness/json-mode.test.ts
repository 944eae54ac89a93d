/** A transport that answers requests in JSON can write nothing but the answer there. */
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { describe, expect, it } from 'vitest';
import { withBackchannel, type JsonRpcMessage } from '../../../src/index.js';
import { isRequestId } from '../../../src/routing/message.js';
import { FLAVOURS, isAsk, peers, type Peer, type PeerOptions } from './peer.js';

const open = peers();

/** A client with a call in flight, which waits for its answer. */
async function calling(options: PeerOptions): Promise<Peer> {
  const peer = await open({ json: true, ...options });
  peer.client.start('tools/call', { name: 'any' }, 'call').exchange.catch(() => undefined);
  await peer.received.first(({ id }) => id === 'call');
  return peer;
}

/** Asks, and says on which stream the question comes. */
async function askedOn(peer: Peer, related?: string): Promise<string> {
  const asked = peer.client.next(({ message }) => isAsk('q')(message));
  expect(await peer.ask('q', related)).toBe('sent');
  return (await asked).stream;
}

const NAMED = [
  ['no request', undefined],
  ['a call in flight', 'call'],
] as const;

describe.each(FLAVOURS)('C5: over a %s transport that answers in JSON, with the standalone stream open', (flavour) => {
  it('the bare transport loses a question that names a call in flight, and delivers one that names none', async () => {
    const peer = await calling({ flavour, wrapped: false });
    await peer.client.openGet();
    expect(await peer.ask('lost', 'call')).toBe('sent');
    expect(await askedOn(peer)).toBe('GET');
    expect(await peer.streamsOf(isAsk('lost'))).toEqual([]);
  });

  it.each(NAMED)('a question that names %s is delivered there', async (_, related) => {
    const peer = await calling({ flavour, wrapped: true });
    await peer.client.openGet();
    expect(await askedOn(peer, related)).toBe('GET');
    expect(peer.routes.all).toMatchObject([{ requested: related, to: 'standalone', outcome: 'delivered' }]);
  });

  it.each(NAMED)('a question that names %s is delivered there, though it opens later', async (_, related) => {
    const peer = await calling({ flavour, wrapped: true });
    const parked = peer.routes.first(({ outcome }) => outcome === 'parked');
    const asked = askedOn(peer, related);
    await parked;
    await peer.client.openGet();
    expect(await asked).toBe('GET');
  });
});

describe.each(FLAVOURS)('over a %s transport that answers in JSON, without the standalone stream', (flavour) => {
  it.each(NAMED)('the bare transport loses a question that names %s, in silence', async (_, related) => {
    const peer = await calling({ flavour, wrapped: false });
    expect(await peer.ask('q', related)).toBe('sent');
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
    expect(peer.errors).toEqual([]);
  });

  it.each(NAMED)('a question that names %s is refused once it has waited in vain', async (_, related) => {
    const peer = await calling({ flavour, wrapped: true, backchannel: { parkTimeoutMs: 100 } });
    // Neither another call nor its answer is a stream to wait for.
    const sent = peer.ask('q', related);
    await peer.client.request('ping');
    expect(await sent).toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });
    expect(peer.routes.all.map(({ outcome }) => outcome)).toEqual(['parked', 'refused']);
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });
});

describe('where requests are handled by the transport inside, so that nothing is known of its answers', () => {
  it.each([
    ['the transport tells', undefined],
    ["responseMode: 'json' tells", 'json' as const],
  ])('%s, and a question that names a call in flight is delivered on the standalone stream', async (_, mode) => {
    const peer = await calling({ flavour: 'Node', wrapped: 'unwatched', backchannel: { responseMode: mode } });
    await peer.client.openGet();
    expect(await askedOn(peer, 'call')).toBe('GET');
    expect(peer.routes.all).toMatchObject([{ requested: 'call', to: 'standalone', outcome: 'delivered' }]);
  });
});

describe('a transport that serves one request only', () => {
  /** A tool that asks, and what has become of its question. */
  async function askedBy(transport: WebStandardStreamableHTTPServerTransport): Promise<unknown> {
    const asked = new Promise((resolve) => {
      transport.onmessage = ({ id, method }: JsonRpcMessage) => {
        if (method !== 'tools/call' || !isRequestId(id)) return;
        const question = { jsonrpc: '2.0' as const, id: 'q', method: 'ping' as const };
        transport.send(question, { relatedRequestId: id }).then(() => {
          resolve('sent');
        }, resolve);
      };
    });
    await transport.start();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ask' } });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    void transport.handleRequest(new Request('http://127.0.0.1/mcp', { method: 'POST', headers, body }));
    const outcome = await asked;
    await transport.close();
    return outcome;
  }
  const stateless = (): WebStandardStreamableHTTPServerTransport =>
    new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });

  it('bare: loses a question without a word', async () => {
    expect(await askedBy(stateless())).toBe('sent');
  });

  it('wrapped: refuses a question, though no answer has shown yet how requests are answered', async () => {
    const transport = withBackchannel(stateless(), { parkTimeoutMs: 10, scopeOf: () => 'request' });
    expect(await askedBy(transport)).toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });
  });
});
