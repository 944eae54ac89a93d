/** A client of an earlier revision whose body and whose backend are slow notices nothing of the door for modern clients. */
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { HttpTransport } from '../../src/backends/http/index.js';
import { closers, listen, proxies } from '../proxy/support.js';
import { deferred } from '../support/deferred.js';
import { endOfHead, INITIALIZE_MESSAGE, RawConnection, rawPost } from '../support/raw-http.js';
import { post } from './raw-modern.js';

const open = proxies();
const closing = closers();

/** A backend that keeps `initialize` waiting. */
async function slowBackend() {
  const asked = deferred<ServerResponse>();
  const http = createServer((request, response) => {
    if (request.method === 'POST') asked.resolve(response);
    else response.writeHead(405).end();
    request.resume();
  });
  closing(() => http.close().closeAllConnections());
  const url = new URL(await listen(http));
  return { asked: asked.promise, upstream: () => new HttpTransport(url) };
}

const RESULT = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'slow', version: '1' } },
});

const DENIED = 'denied';

type Options = Partial<StatefulProxyOptions>;

/** What the client has received when half of its body is sent, when the backend has its request, and in the end. */
async function courseOf(options: Options, status: number, answer: string, isHeld: boolean) {
  const { asked, upstream } = await slowBackend();
  const { url } = await open(upstream, options);
  const client = await RawConnection.open(url);
  closing(() => client.drop());
  const text = rawPost({ url }, JSON.stringify(INITIALIZE_MESSAGE)).replace('mcp-session-id: \r\n', '');
  client.write(text.slice(0, -20));
  // When this is answered, the proxy has seen the half.
  expect((await post(url, 'nobody', {}, { headers: { 'mcp-method': 'another' } })).status).toBe(400);
  const half = client.received;
  client.write(text.slice(-20));
  const response = await asked;
  // A stream begins after a while, unless the answer is held back for what the backend says.
  if (!isHeld) await client.until((received) => endOfHead(received) < Infinity);
  const waiting = undated(client.received);
  response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
  await client.until((received) => received.includes('"result"') || received.includes(DENIED));
  return { half, waiting, answered: undated(client.received) };
}

/** Without what is never the same. */
function undated(received: string): string {
  return received.replaceAll(/^(?:date|mcp-session-id): .*\r\n/gim, '');
}

describe('a legacy client whose backend takes its time to begin', () => {
  it('gets no byte until all of its request is read, and then what it gets without the door', async () => {
    const withDoor = await courseOf({}, 200, RESULT, false);
    const without = await courseOf({ modern: false }, 200, RESULT, false);
    expect(withDoor.half).toBe('');
    expect(withDoor).toEqual(without);
    expect(withDoor.answered).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('gets the refusal of its backend as the status of its answer, however late', async () => {
    const options: Options = { relayRefusal: (refusal) => refusal };
    const withDoor = await courseOf(options, 401, DENIED, true);
    expect(withDoor).toMatchObject({ half: '', waiting: '' });
    expect(withDoor.answered).toMatch(/^HTTP\/1\.1 401 /);
    expect(withDoor).toEqual(await courseOf({ ...options, modern: false }, 401, DENIED, true));
  });
});
