/** Whoever waits for an answer over HTTP gets one, whatever becomes of it, and never two. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closers } from '../../proxy/support.js';
import { CALL, event, inEvents, NEWS, passTime, peer, RESULT, turns, until, type Respond } from './http-peer.js';

const closing = closers();
afterEach(() => {
  vi.useRealTimers();
});
const BROKEN_OFF = { id: 7, error: { message: expect.stringContaining('broke off') as string } };
const CALL_LENGTH = String(JSON.stringify(CALL).length);
const TAKEN_BACK = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
/** An event that a stream can be resumed after at once. */
const PRIMING = 'retry: 100\nid: 1\ndata: \n\n';

it.each<[string, Respond]>([
  ['ends', (response) => inEvents(response).end(event(NEWS))],
  ['is cut', (response) => inEvents(response).write(event(NEWS), () => response.destroy())],
  ['ends in the middle of the answer', (response) => inEvents(response).end(event(NEWS) + event(RESULT).slice(0, -5))],
])('an answer whose stream %s is replaced by an error, after what came before', async (_how, respond) => {
  expect(await (await peer(closing, respond)).call(2)).toMatchObject([NEWS, BROKEN_OFF]);
});

it.each([
  ['cut off', '{"jsonrpc":"2.0","id":7,"res'],
  ['nothing', ''],
  ['for another', '{"jsonrpc":"2.0","id":"7","result":{}}'],
])('an answer in JSON that is %s is followed by an error', async (_what, body) => {
  const { call } = await peer(closing, (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body),
  );
  const messages = await call(body.includes('"7"') ? 2 : 1);
  expect(messages.at(-1)).toMatchObject(BROKEN_OFF);
});

it.each(['text/event-stream', 'application/json'])(
  'an answer that is not valid is replaced by an error: %s',
  async (type) => {
    const invalid = { jsonrpc: '2.0', id: 7, result: null };
    const { call, errors } = await peer(closing, (response) =>
      response
        .writeHead(200, { 'content-type': type })
        .end(type === 'application/json' ? JSON.stringify(invalid) : event(invalid) + event(RESULT)),
    );
    expect(await call()).toMatchObject([
      { id: 7, error: { message: expect.stringContaining('no valid answer') as string } },
    ]);
    expect(errors).toHaveLength(1);
  },
);

it('an answer that comes twice is told once', async () => {
  const { call } = await peer(closing, (response) =>
    inEvents(response).end(event(RESULT) + event(RESULT) + event(NEWS)),
  );
  expect(await call(2)).toMatchObject([RESULT, NEWS]);
});

it('a stream that the server leaves open is ended a second after the answer, and what comes until then is told', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let open: ServerResponse | undefined;
  const { call, http, messages, errors } = await peer(closing, (response) => {
    open = inEvents(response);
    open.write(event(RESULT));
  });
  await call();
  vi.advanceTimersByTime(999);
  open?.write(event(NEWS));
  await expect.poll(() => messages).toMatchObject([RESULT, NEWS]);
  const closed = once(open as never, 'close');
  vi.advanceTimersByTime(1);
  await closed;
  // Nothing is left open, and nobody else closes it.
  await new Promise((resolve) => http.close(resolve));
  expect(errors).toEqual([]);
});

it.each<[string, string, string]>([
  ['one line of an event', 'text/event-stream', 'data: '],
  ['many lines of an event', 'text/event-stream', `data: ${'x'.repeat(1_000)}\n`],
  ['JSON', 'application/json', '"'],
])('an answer without an end is given up, with an error at once: %s', async (_what, type, begin) => {
  const part = begin.endsWith('\n') ? begin.repeat(1_000) : 'x'.repeat(1_000_000);
  const { call, errors, requests } = await peer(closing, (response) => {
    // It could be resumed, and would come again.
    response.writeHead(200, { 'content-type': type }).write(type.startsWith('text') ? `${PRIMING}${begin}` : begin);
    const fill = (): void => {
      while (!response.destroyed && response.write(part));
      response.once('drain', fill);
    };
    fill();
  });
  expect(await call()).toMatchObject([
    { id: 7, error: { message: expect.stringMatching(/longer than 10485760/) as string } },
  ]);
  expect(errors).toMatchObject([{ message: expect.stringMatching(/longer than 10485760/) as string }]);
  expect(requests).toHaveLength(1);
});

it.each([
  [401, 'sign in', 'refused with 401 Unauthorized (give it credentials with --header or --pass-header): sign in'],
  [404, '', 'refused with 404 Not Found'],
  [599, '', 'refused with 599'],
])('a refusal with %i is told with its status', async (status, body, told) => {
  const { transport } = await peer(closing, (response) => response.writeHead(status).end(body));
  await expect(transport.send(CALL)).rejects.toThrow(told);
});

it('a call that is accepted only is answered with an error, where there is no stream to answer it on', async () => {
  const { call } = await peer(closing, (response) => response.writeHead(202).end());
  expect(await call()).toMatchObject([{ id: 7, error: { message: expect.stringContaining('202') as string } }]);
});

describe('an answer that can be resumed', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  it('is, after its last event, as often as it takes', async () => {
    const { call, requests } = await peer(
      closing,
      (response) => {
        response.setHeader('mcp-session-id', 's');
        inEvents(response).end(PRIMING);
      },
      (response, { headers }) => {
        const last = Number(headers['last-event-id']);
        inEvents(response).end(last < 8 ? `id: ${last + 1}\ndata: \n\n` : event(NEWS) + event(RESULT));
      },
    );
    expect(await passTime(call(2))).toMatchObject([NEWS, RESULT]);
    const resumed = requests.slice(1).map(({ headers }) => [headers['last-event-id'], headers['mcp-session-id']]);
    expect(resumed).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => [String(id), 's']));
  });

  it('is, after refusals that pass', async () => {
    const refusals: Respond[] = [
      (response) => response.writeHead(503).end(),
      (response) => response.writeHead(429).end(),
      // The server has not noticed yet that it broke.
      (response) => response.writeHead(409).end(),
      (response) => response.destroy(),
    ];
    const { call, errors } = await peer(
      closing,
      (response) => inEvents(response).write(PRIMING, () => response.destroy()),
      (response, request) => (refusals.shift() ?? (() => inEvents(response).end(event(RESULT))))(response, request),
    );
    expect(await passTime(call())).toMatchObject([RESULT]);
    expect(errors).toHaveLength(5);
  });

  it.each<[string, Respond, number]>([
    ['is not allowed', (response) => response.writeHead(405).end(), 1],
    ['is refused by a server that began anew', (response) => response.writeHead(400).end('no such session'), 1],
    ['brings a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), 1],
    ['fails again and again', (response) => response.writeHead(500).end(), 5],
    ['brings nothing again and again', (response) => inEvents(response).end(': nothing\n\n'), 5],
  ])('is replaced by an error when that %s', async (what, respond, attempts) => {
    const { call, errors, requests } = await peer(closing, (response) => inEvents(response).end(PRIMING), respond);
    expect(await passTime(call())).toMatchObject([BROKEN_OFF]);
    expect(requests).toHaveLength(1 + attempts);
    // What was not refused is no error.
    const told = errors.filter(({ message }) => message.includes('was not resumed'));
    expect(told).toHaveLength(what.startsWith('brings nothing') ? 0 : attempts);
  });

  it('is asked for again no more than ten times a second, whatever the server says', async () => {
    let last = 0;
    const again: Respond = (response) => inEvents(response).end(`retry: 0\nid: ${++last}\ndata: \n\n`);
    const { transport, requests } = await peer(closing, again, again);
    await transport.send(CALL);
    for (let asked = 1; asked <= 5; asked++) {
      await turns();
      vi.advanceTimersByTime(99);
      await turns();
      expect(requests).toHaveLength(asked);
      await passTime(
        until(() => requests.length > asked),
        1,
      );
    }
  });

  it('is not resumed any more, once the call was taken back', async () => {
    const { transport, requests, messages } = await peer(
      closing,
      (response, { headers }) => {
        if (headers['content-length'] === CALL_LENGTH) inEvents(response).end(PRIMING);
        else response.writeHead(202).end();
      },
      (response) => inEvents(response).end(PRIMING),
    );
    await transport.send(CALL);
    await transport.send(TAKEN_BACK);
    await passTime(turns(), 1_000);
    expect(requests.filter(({ method }) => method === 'GET')).toEqual([]);
    // Nobody waits for it any more, so nothing takes its place.
    expect(messages).toEqual([]);
  });

  it('leaves no timer when the connection is closed while it is asked for', async () => {
    const { transport, requests } = await peer(
      closing,
      (response) => inEvents(response).end(PRIMING),
      () => undefined,
    );
    await transport.send(CALL);
    await passTime(until(() => requests.length === 2));
    await transport.close();
    await turns();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up with the connection, while it waits', async () => {
    const { transport, http, messages } = await peer(closing, (response) =>
      inEvents(response).end(`retry: 3600000\n${event(NEWS, '1')}`),
    );
    await transport.send(CALL);
    await turns();
    await transport.close();
    await new Promise((resolve) => http.close(resolve));
    await turns();
    expect(messages).toMatchObject([NEWS]);
  });
});

it.each<[string, Respond]>([
  ['has not begun', () => undefined],
  ['is under way', (response) => inEvents(response).write(PRIMING)],
])(
  'a call that was taken back while its answer %s has five more seconds, and then no connection',
  async (_when, respond) => {
    let answer: ServerResponse | undefined;
    const { transport, http, messages, errors } = await peer(closing, (response, { headers }) => {
      if (headers['content-length'] !== CALL_LENGTH) {
        response.writeHead(202).end();
        return;
      }
      answer = response;
      respond(response, response.req);
    });
    const arrived = once(http, 'request');
    const sent = transport.send(CALL);
    await arrived;
    await expect.poll(() => answer).toBeDefined();
    if (respond.length > 0) await sent;
    const closed = once(answer as never, 'close');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await transport.send(TAKEN_BACK);
    vi.advanceTimersByTime(4_999);
    await turns();
    expect(answer?.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await closed;
    await sent;
    await turns();
    expect([messages, errors]).toEqual([[], []]);
  },
);
