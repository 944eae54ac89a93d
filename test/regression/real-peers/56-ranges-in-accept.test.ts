/** A client may write `Accept` as HTTP allows: with ranges, weights, any case, or one type only. It gets what it accepts. */
import { describe, expect, it } from 'vitest';
import { CALL, news, rig, said, type Opened, type Rig } from '../../http/rig.js';
import { closers } from '../../proxy/support.js';

const closing = closers();
const ANSWER = { jsonrpc: '2.0', id: CALL.id, result: { done: true } };

async function typeOf({ post, received, transport }: Rig, accept: string): Promise<string | undefined> {
  const answer = post(CALL, { accept });
  await expect.poll(() => received).toHaveLength(1);
  await transport.send(ANSWER);
  const { status, headers, text, messages, ended } = await answer;
  await ended;
  expect(status).toBe(200);
  const isStream = headers['content-type'] === 'text/event-stream';
  expect(isStream ? messages() : [JSON.parse(text())]).toEqual([ANSWER]);
  return headers['content-type'];
}

describe('56: a POST is answered as the client accepts it', () => {
  it.each([
    ['*/*', 'text/event-stream', 'application/json'],
    ['APPLICATION/JSON, Text/Event-Stream', 'text/event-stream', 'application/json'],
    ['text/*;q=0.1 , application/*', 'text/event-stream', 'application/json'],
    ['application/*', 'application/json', 'application/json'],
    ['application/json', 'application/json', 'application/json'],
    ['application/json;q=0.5, text/event-stream;q=0', 'application/json', 'application/json'],
    ['*/*, text/event-stream; Q=0.000', 'application/json', 'application/json'],
    ['text/event-stream', 'text/event-stream', 'text/event-stream'],
    ['text/*, application/xml', 'text/event-stream', 'text/event-stream'],
    ['*/*;q=0.3, application/*;q=0', 'text/event-stream', 'text/event-stream'],
  ])('%s: %s, or, of a transport that answers in JSON, %s', async (accept, usual, inJson) => {
    expect(await typeOf(await rig(closing), accept)).toBe(usual);
    expect(await typeOf(await rig(closing, { enableJsonResponse: true }), accept)).toBe(inJson);
  });

  it.each(['', 'text/html', '*/*;q=0', 'application/json;q=0, text/event-stream;q=0.0', 'json'])(
    'with 406 if that is nothing: %o',
    async (accept) => {
      const { post, received } = await rig(closing);
      const { status, text, ended } = await post(CALL, { accept });
      await ended;
      expect(status).toBe(406);
      expect(JSON.parse(text())).toMatchObject({ jsonrpc: '2.0', error: { code: -32_000 }, id: null });
      expect(received).toEqual([]);
    },
  );

  it('with 406 if it says nothing', async () => {
    const { send } = await rig(closing);
    const headers = { 'content-type': 'application/json', 'mcp-session-id': 'session' };
    expect((await send('POST', headers, JSON.stringify({ jsonrpc: '2.0', ...CALL }))).status).toBe(406);
    expect((await send('GET', { 'mcp-session-id': 'session' })).status).toBe(406);
  });
});

describe('56: a GET opens a stream for a client that accepts one', () => {
  it.each([
    ['*/*', 200],
    ['text/*', 200],
    ['TEXT/EVENT-STREAM;q=0.1', 200],
    ['application/json', 406],
    ['*/*, text/event-stream;q=0', 406],
  ])('%s: %i', async (accept, status) => {
    const { send } = await rig(closing);
    expect((await send('GET', { 'mcp-session-id': 'session', accept })).status).toBe(status);
  });
});

describe('56: what the server says during a call leaves where the client can read it', () => {
  const about = { relatedRequestId: CALL.id };

  it('on the stream of the call, if the client accepts nothing else, of a transport that answers in JSON', async () => {
    const { post, transport, errors } = await rig(closing, { enableJsonResponse: true });
    const stream = await post(CALL, { accept: 'text/event-stream' });
    await transport.send(news(1), about);
    await transport.send(ANSWER);
    await stream.ended;
    expect(said(stream.messages())).toEqual([1, CALL.id]);
    expect(errors).toEqual([]);
  });

  it('on the standalone stream, if the client accepts no stream for the call', async () => {
    const { post, get, received, transport, errors } = await rig(closing);
    const standalone = await get();
    const answer = post(CALL, { accept: 'application/json' });
    await expect.poll(() => received).toHaveLength(1);
    await transport.send({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: {} }, about);
    await transport.send(ANSWER);
    expect(JSON.parse(await whole(await answer))).toEqual(ANSWER);
    await expect.poll(() => said(standalone.messages())).toEqual(['q']);
    expect(errors).toEqual([]);
  });
});

async function whole({ ended, text }: Opened): Promise<string> {
  await ended;
  return text();
}
