/**
 * A client that opens a POST and never reads. What is written for it waits in the transport, as it does
 * on the bare one: `send()` does not wait for the client, and neither does anybody else.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createParser } from 'eventsource-parser';
import { lives } from '../../support/lives.js';
import type { Live } from '../../support/live.js';
import { JSON_HEADERS } from '../../support/raw-http.js';
import { ACCEPT } from '../../support/accept.js';

const open = lives();
const MESSAGES = 1_000;
/** Together far more than sockets hold. */
const TEXT = 'x'.repeat(10_000);

interface Unread {
  readonly response: IncomingMessage;
  readonly drop: () => void;
}

/** A call whose answer is not read: the connection stands, and its buffers fill. */
async function callWithoutReading({ client }: Live, id: string): Promise<Unread> {
  const headers = {
    ...JSON_HEADERS,
    'mcp-session-id': client.sessionId,
    'mcp-protocol-version': '2025-11-25',
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(client.url, { method: 'POST', headers });
    request.once('error', reject);
    request.once('response', (response) => {
      response.on('error', () => undefined);
      resolve({ response, drop: () => request.destroy() });
    });
    request.end(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'work' } }));
  });
}

/** Reads it after all, to the end. @returns what came, in its order */
async function read({ response }: Unread): Promise<unknown[]> {
  const came: unknown[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      const { id, params } = JSON.parse(data) as { id?: unknown; params?: { data: { number: number } } };
      came.push(params?.data.number ?? id);
    },
  });
  response.setEncoding('utf8');
  for await (const chunk of response) parser.feed(chunk as string);
  return came;
}

/** The bare transport must be told whose stream they belong to. */
async function sendAll({ server }: Live, options: { relatedRequestId?: string } = {}): Promise<void> {
  for (let number = 0; number < MESSAGES; number++) {
    const params = { level: 'info', data: { number, text: TEXT } };
    await server.notification({ method: 'notifications/message', params }, options);
  }
}

describe.each([true, false])('a client that opens a POST and does not read (wrapped: %s)', (wrapped) => {
  test('holds up no send(), no other call, and no answer of its own', async () => {
    const live = await open({ wrapped });
    const unread = await callWithoutReading(live, 'unread');
    const call = await live.running('unread');
    await sendAll(live, wrapped ? {} : { relatedRequestId: 'unread' });
    const other = await live.call('other');
    other.finish('went on');
    expect((await other.response).result).toMatchObject({ content: [{ text: 'went on' }] });
    call.finish();

    // It reads at last: everything is there.
    expect(await read(unread)).toEqual([...Array(MESSAGES).keys(), 'unread']);
    expect(live.errors).toEqual([]);
  });

  test('does not keep the session from closing', async () => {
    const live = await open({ wrapped });
    const unread = await callWithoutReading(live, 'unread');
    const call = await live.running('unread');
    await sendAll(live, wrapped ? {} : { relatedRequestId: 'unread' });
    await live.transport.close();
    unread.drop();
    await call.gone;
  });
});

describe('a client that opens a POST and does not read', () => {
  test('holds a stream, so that a question is sent there; it fails when its sender has waited long enough', async () => {
    const live = await open({ backchannel: { orphanTimeoutMs: 10 } });
    const unread = await callWithoutReading(live, 'unread');
    const call = await live.running('unread');
    await call.onBehalf(() => sendAll(live));
    const takenBack = live.route(({ method }) => method === 'notifications/cancelled');
    const answer = call.onBehalf(() => live.ask('nobody reads this', { timeout: 50 }));
    await expect(answer).rejects.toThrow('Request timed out');
    await takenBack;
    expect(live.routes.slice(-2)).toMatchObject([
      { method: 'elicitation/create', to: 'request', relatedRequestId: 'unread', outcome: 'delivered' },
      { method: 'notifications/cancelled', to: 'request', relatedRequestId: 'unread', outcome: 'delivered' },
    ]);
    unread.drop();
  });

  test('and then goes away is seen to go: a question waits for another stream', async () => {
    const live = await open({
      client: { answers: ACCEPT },
    });
    const unread = await callWithoutReading(live, 'unread');
    const call = await live.running('unread');
    await call.onBehalf(() => sendAll(live));
    unread.drop();
    await call.gone;
    const answer = live.ask('is anybody here?');
    expect(live.routes.at(-1)).toMatchObject({ outcome: 'parked' });
    const other = await live.call('other');
    expect(await answer).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'is anybody here?', stream: 'POST other' }]);
    other.finish();
    await other.response;
  });
});
