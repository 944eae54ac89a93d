/** What leaves on the standalone stream because its own stream is gone says whose message it is, to a proxy. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport as SdkTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { withBackchannel } from 'mcp-backchannel';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { expect, test } from 'vitest';
import { STAMP_KEY, TAKES_STAMPS } from '../../src/routing/stamp.js';
import { closers, listen } from '../proxy/support.js';
import { deferred } from '../support/deferred.js';
import { elicit, request } from '../support/messages.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';

const closing = closers();

const TRANSPORTS = {
  'our own transport': () => new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'the session' }),
  "the SDK's, wrapped": () => withBackchannel(new SdkTransport({ sessionIdGenerator: () => 'the session' })),
};

/** A call whose client leaves its stream, and then asks. @returns the elicitation, as it came on the standalone stream */
async function askedElsewhere(make: () => StreamableHTTPServerTransport, headers: object): Promise<unknown> {
  const transport = make();
  const left = deferred<undefined>();
  const posts: ServerResponse[] = [];
  transport.onmessage = (message: { readonly id: number; readonly method: string }) => {
    if (message.method === 'initialize') void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
    else
      void left.promise.then(async () => {
        await transport.send(elicit(9, { message: 'well?' }));
      });
  };
  await transport.start();
  const http = createServer((incoming, response) => {
    if (incoming.method === 'POST') posts.push(response);
    void transport.handleRequest(incoming, response);
  });
  const url = await listen(http);
  closing(() => http.close().closeAllConnections());
  const begun = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(INITIALIZE_MESSAGE),
    headers: { ...JSON_HEADERS, ...headers },
  });
  await begun.text();
  const session = { ...JSON_HEADERS, 'mcp-session-id': 'the session' };
  const stream = await fetch(url, { headers: { ...session, accept: 'text/event-stream' } });
  const call = new AbortController();
  const posted = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(request(1)),
    headers: session,
    signal: call.signal,
  });
  const gone = Promise.all(posts.slice(-1).map((post) => once(post, 'close')));
  call.abort();
  await gone;
  await posted.text().catch(() => undefined);
  left.resolve(undefined);
  let text = '';
  for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    const data = /^data: (.+)$/m.exec(text)?.[1];
    if (data !== undefined) return JSON.parse(data);
  }
  return undefined;
}

test.each(Object.entries(TRANSPORTS))('over %s, to a proxy that takes stamps off', async (_name, make) => {
  const asked = await askedElsewhere(make as () => StreamableHTTPServerTransport, { [TAKES_STAMPS]: '1' });
  expect(asked).toMatchObject({ method: 'elicitation/create', params: { _meta: { [STAMP_KEY]: 1 } } });
});

test.each(Object.entries(TRANSPORTS))('over %s, not to any other client', async (_name, make) => {
  const asked = await askedElsewhere(make as () => StreamableHTTPServerTransport, {});
  expect(asked).toEqual(elicit(9, { message: 'well?' }));
});
