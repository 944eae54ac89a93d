/** What becomes of a request whose answer breaks off while its server lives. */
import { createServer, type ServerResponse } from 'node:http';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { HttpTransport } from '../../src/cli/http-transport.js';
import { closers, listen } from '../proxy/support.js';

const closing = closers();
const event = (message: object): string =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
const NEWS = { method: 'notifications/message', params: { level: 'info', data: 'ä' } };
const RESULT = { id: 7, result: {} };
const BROKEN_OFF = { id: 7, error: { message: expect.stringContaining('broke off') as string } };

/** Sends request 7 to a server whose POST answers so, and whose GET ends it. @returns what comes, as it comes */
async function received(answer: (response: ServerResponse) => void, expected: number): Promise<JSONRPCMessage[]> {
  const http = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.method === 'POST') answer(response);
    else response.end(event(RESULT));
  });
  const transport = new HttpTransport(new URL(await listen(http)));
  closing(async () => {
    await transport.close();
    http.closeAllConnections();
    http.close();
  });
  const messages: JSONRPCMessage[] = [];
  const all = new Promise<void>((resolve) => {
    transport.onmessage = (message) => {
      if (messages.push(message) === expected) resolve();
    };
  });
  await transport.start();
  await transport.send({ jsonrpc: '2.0', id: 7, method: 'tools/call' });
  await all;
  // What would be told of the end of the stream is told at its end, and then a turn later.
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return messages;
}

it.each<[string, (response: ServerResponse) => void]>([
  ['ends', (response) => response.end(event(NEWS))],
  ['is cut', (response) => response.write(event(NEWS), () => response.destroy())],
  ['ends in the middle of the answer', (response) => response.end(event(NEWS) + event(RESULT).slice(0, -5))],
])('an answer whose stream %s is replaced by an error, after what came before', async (_how, answer) => {
  expect(await received(answer, 2)).toMatchObject([NEWS, BROKEN_OFF]);
});

it('an answer that comes is the only one, in whatever parts it comes', async () => {
  const parts = (response: ServerResponse): void => {
    const bytes = Buffer.from(event(NEWS) + event(RESULT).replaceAll('\n', '\r\n'));
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  };
  expect(await received(parts, 2)).toMatchObject([NEWS, RESULT]);
});

it('an answer that can be resumed is', async () => {
  expect(await received((response) => response.end('retry: 1\nid: 1\ndata: \n\n'), 1)).toMatchObject([RESULT]);
});
