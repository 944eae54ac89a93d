import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { NotReceived, ReceivedRequest } from '../../src/cluster/cluster.js';
import { InnerRequests } from '../../src/cluster/inner-request.js';
import { Seal } from '../../src/cluster/seal.js';
import { RecentNonces } from '../../src/cluster/recent-nonces.js';
import { closers, listen } from '../proxy/support.js';

const closing = closers();
const SECRET = 'a secret of enough length';
const TIME = 1_800_000_000_000;
const BODY = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}');
const HEADERS = ['Host', 'example.com', 'Accept', 'application/json', 'X-Two', '1', 'x-two', '2'];

function node(self: string, { secret = SECRET, time = TIME } = {}): InnerRequests {
  return new InnerRequests({ seal: new Seal(secret), self, engineNow: () => time });
}

/** A node that takes requests, and what became of each. */
async function receiver(requests = node('owner'), maxBytes = 1_000) {
  const outcomes: (ReceivedRequest | NotReceived)[] = [];
  const seen: string[][] = [];
  const parsed: IncomingHttpHeaders[] = [];
  const http = createServer((request, response) => {
    void requests.received(request, maxBytes).then((outcome) => {
      outcomes.push(outcome);
      seen.push(request.rawHeaders);
      parsed.push(request.headers);
      expect(
        Object.keys(request.headers).filter(
          (name) => typeof outcome === 'object' && name.startsWith('mcp-backchannel-cluster'),
        ),
      ).toEqual([]);
      response.end();
    });
  });
  const url = await listen(http);
  closing(() => http.close());
  return {
    seen,
    parsed,
    send: async (rawHeaders: readonly string[], body: Buffer = BODY, method = 'POST') => {
      await new Promise<void>((resolve, reject) => {
        httpRequest(url, { method, headers: [...rawHeaders, 'content-length', String(body.length)], agent: false })
          .on('response', (response) => response.resume().on('end', resolve))
          .on('error', reject)
          .end(body);
      });
      return outcomes.pop();
    },
  };
}

const signed = (from = node('edge'), to = 'owner', rawHeaders = HEADERS, body = BODY): string[] =>
  from.signed({ door: 'node', method: 'POST', rawHeaders, body }, to);

it('takes a request of another node, byte for byte and with the original headers', async () => {
  const { send, seen } = await receiver();
  expect(await send(signed())).toEqual({ door: 'node', body: BODY });
  expect(seen[0]?.slice(0, HEADERS.length)).toEqual(HEADERS);
  expect(seen[0]?.join().toLowerCase()).not.toContain('mcp-backchannel-cluster');
});

it('sends no header of the connection, and none between nodes that a client has sent', async () => {
  const forged = [
    'connection',
    'close, X-Mine',
    'x-mine',
    '1',
    'MCP-Backchannel-Cluster',
    'v1',
    'mcp-backchannel-cluster-unknown',
    '1',
    'transfer-encoding',
    'chunked',
    ':path',
    '/',
  ];
  const headers = signed(node('edge'), 'owner', [...HEADERS, ...forged]);
  expect(headers.slice(0, -2)).toEqual(HEADERS);
  const { send } = await receiver();
  expect(await send(headers)).toEqual({ door: 'node', body: BODY });
});

it('keeps what the client has said of its session, although it calls that a header of the connection', async () => {
  const { send, seen } = await receiver();
  const said = ['Mcp-Session-Id', 'one', 'Authorization', 'Bearer ann', 'Last-Event-ID', '7'];
  const named = ['connection', 'mcp-session-id, Authorization, host, accept, last-event-id'];
  const headers = [...HEADERS, ...said];
  expect(await send(signed(node('edge'), 'owner', [...headers, ...named]))).toMatchObject({ body: BODY });
  expect(seen[0]).toEqual(headers);
});

it('does not see what was added on the way to a signed request as if it belonged to one connection', async () => {
  const { send, seen, parsed } = await receiver();
  const added = ['connection', 'x-user', 'x-user', 'eve', 'te', 'trailers', 'mcp-backchannel-cluster-more', '1'];
  expect(await send([...signed(), ...added])).toMatchObject({ body: BODY });
  expect(seen[0]).toEqual(HEADERS);
  expect(Object.keys(parsed[0] ?? {}).sort()).toEqual(['accept', 'host', 'x-two']);
});

describe('it refuses', () => {
  it('a request without a signature', async () => {
    const { send } = await receiver();
    expect(await send(HEADERS)).toBe('forged');
    expect(await send([...HEADERS, 'mcp-backchannel-cluster', 'v1 0 a b c node d e'])).toBe('forged');
  });

  it('the same request a second time', async () => {
    const { send } = await receiver();
    const once = signed();
    expect(await send(once)).toMatchObject({ body: BODY });
    expect(await send(once)).toBe('forged');
  });

  it('a request with another header, value, method or body', async () => {
    const { send } = await receiver();
    expect(await send([...signed(), 'authorization', 'Bearer stolen'])).toBe('forged');
    expect(await send(signed().map((text) => (text === 'example.com' ? 'example.org' : text)))).toBe('forged');
    expect(await send(signed(), BODY, 'PUT')).toBe('forged');
    expect(await send(signed(), Buffer.from('{}'))).toBe('forged');
  });

  it('a request whose signature was altered in any of its parts', async () => {
    const { send } = await receiver();
    const parts = (signed().at(-1) ?? '').split(' ');
    for (const [at, part] of parts.entries()) {
      const altered = parts.with(
        at,
        part === 'node' ? 'web' : `${part.slice(0, -2)}${part.endsWith('AA') ? 'BB' : 'AA'}`,
      );
      expect(await send([...HEADERS, 'mcp-backchannel-cluster', altered.join(' ')]), `part ${at}`).toBe('forged');
    }
  });

  it('a request with two signatures', async () => {
    const { send } = await receiver();
    expect(await send([...signed(), ...signed().slice(-2)])).toBe('forged');
  });

  it('a request of somebody who does not know the secret', async () => {
    const { send } = await receiver();
    expect(await send(signed(node('edge', { secret: 'another secret of enough length' })))).toBe('forged');
  });

  it.each([-31_000, 31_000])('a request that is %i ms off by the time of the engine', async (off) => {
    const { send } = await receiver();
    expect(await send(signed(node('edge', { time: TIME + off })))).toBe('forged');
    expect(await send(signed(node('edge', { time: TIME + off * 0.9 })))).toMatchObject({ body: BODY });
  });

  it('a request to an earlier incarnation, and says so', async () => {
    const { send } = await receiver();
    expect(await send(signed(node('edge'), 'owner-before'))).toBe('of another');
  });

  it('a body that is too large', async () => {
    const { send } = await receiver(node('owner'), BODY.length - 1);
    expect(await send(signed())).toBe('too large');
  });
});

it('remembers for a time, and not for ever', () => {
  let time = 0;
  const nonces = new RecentNonces(100, () => time);
  expect(nonces.isNew('a')).toBe(true);
  time = 199;
  expect(nonces.isNew('a')).toBe(false);
  time = 299;
  expect(nonces.isNew('a')).toBe(true);
  time = 1_000;
  expect(nonces.isNew('a')).toBe(true);
});
