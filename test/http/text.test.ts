/** What comes with a message: the text that it was read from, if that says the same. */
import { createServer } from 'node:http';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { expect, test } from 'vitest';
import { closers, listen } from '../proxy/support.js';
import { JSON_HEADERS } from '../support/raw-http.js';

const closing = closers();

/** Posts a body to a new stateless transport. @returns the messages that came in, each with its text */
async function received(body: string, parsed?: unknown): Promise<[unknown, unknown][]> {
  const all: [unknown, unknown][] = [];
  const transport = new StreamableHTTPServerTransport();
  transport.onmessage = (message: unknown, { text }: { readonly text?: string }) => void all.push([message, text]);
  await transport.start();
  const http = createServer((request, response) => void transport.handleRequest(request, response, parsed));
  const url = await listen(http);
  closing(() => {
    http.close().closeAllConnections();
  });
  expect((await fetch(url, { method: 'POST', body, headers: JSON_HEADERS })).status).toBe(202);
  return all;
}

const NEWS = { jsonrpc: '2.0', method: 'notifications/any' };

test('a message that was posted alone has its very text', async () => {
  const text = ' {"jsonrpc":"2.0","method":"notifications/any","params":{"n":1.0}}\n';
  expect(await received(text)).toEqual([[{ ...NEWS, params: { n: 1 } }, text]]);
});

test('one that was cleaned has none: its text says something else', async () => {
  expect(await received('{"jsonrpc":"2.0","method":"notifications/any","params":null}')).toEqual([[NEWS, undefined]]);
});

test('so has each message of a batch', async () => {
  const [first, second] = [JSON.stringify(NEWS), JSON.stringify(NEWS, undefined, 1)];
  expect(await received(` [ ${first} ,\n${second}]`)).toEqual([
    [NEWS, first],
    [NEWS, second],
  ]);
});

test('a message that a framework has parsed has none', async () => {
  expect(await received('', NEWS)).toEqual([[NEWS, undefined]]);
});
