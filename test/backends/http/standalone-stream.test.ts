/** What a server says on the standalone stream is heard, as long as the session lasts. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { closers } from '../../proxy/support.js';
import {
  CALL,
  event,
  inEvents,
  NEWS,
  passTime,
  peer,
  RESULT,
  turns,
  until,
  type Peer,
  type Respond,
} from './http-peer.js';

const closing = closers();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const accept: Respond = (response) => response.writeHead(202).end();
const status =
  (code: number): Respond =>
  (response) =>
    response.writeHead(code).end();

/** A server that answers each GET with the next of these, the last with none. */
async function serverOf(...answers: Respond[]): Promise<Peer & { readonly lastEventIds: () => unknown[] }> {
  const opened = await peer(closing, accept, (response, request) => answers.shift()?.(response, request));
  const lastEventIds = (): unknown[] =>
    opened.requests.filter(({ method }) => method === 'GET').map(({ headers }) => headers['last-event-id']);
  return { ...opened, lastEventIds };
}

const come = async (messages: unknown[], count = 1): Promise<void> =>
  passTime(
    until(() => messages.length >= count),
    1_000,
  );

it('is opened again after an outage, however long, and tells each reason once', async () => {
  const { transport, messages, errors, lastEventIds } = await serverOf(
    (response) => inEvents(response).write(event(NEWS, '4'), () => response.destroy()),
    ...Array.from({ length: 8 }, () => status(503)),
    (response) => response.destroy(),
    (response) => inEvents(response).write(event(NEWS)),
  );
  await passTime(transport.send(INITIALIZED));
  await come(messages, 2);
  expect(lastEventIds()).toEqual([undefined, ...Array<string>(10).fill('4')]);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('the standalone stream broke'),
    'the standalone stream was not opened: the backend answers 503',
    expect.stringContaining('the standalone stream was not opened: '),
  ]);
});

it('is opened again when the server has ended it, at most ten times a second', async () => {
  const { transport, lastEventIds } = await serverOf(
    (response) => inEvents(response).end('retry: 0\n\n'),
    (response) => inEvents(response).end(),
  );
  await passTime(transport.send(INITIALIZED));
  await turns();
  vi.advanceTimersByTime(99);
  await turns();
  expect(lastEventIds()).toHaveLength(1);
  await passTime(
    until(() => lastEventIds().length === 2),
    1,
  );
});

it('waits for no longer than half a minute between two attempts', async () => {
  const { transport, lastEventIds } = await serverOf(
    (response) => inEvents(response).end(),
    ...Array.from({ length: 20 }, () => status(502)),
  );
  await passTime(transport.send(INITIALIZED));
  for (let attempt = 1; attempt <= 12; attempt++) {
    await expect.poll(lastEventIds).toHaveLength(attempt);
    await turns();
    vi.advanceTimersByTime(30_000);
  }
  await expect.poll(lastEventIds).toHaveLength(13);
  await turns();
  vi.advanceTimersByTime(25_000);
  await turns();
  expect(lastEventIds()).toHaveLength(13);
});

it('is opened as a new one, where the server knows no event of before', async () => {
  const { transport, messages, lastEventIds } = await serverOf(
    (response) => inEvents(response).end('id: 4\ndata: \n\n'),
    status(400),
    (response) => inEvents(response).write(event(NEWS)),
  );
  await passTime(transport.send(INITIALIZED));
  await come(messages);
  expect(lastEventIds()).toEqual([undefined, '4', undefined]);
});

it('is resumed where it was, when the server has not noticed yet that it broke', async () => {
  const { transport, messages, lastEventIds } = await serverOf(
    (response) => inEvents(response).write('id: 4\ndata: \n\n', () => response.destroy()),
    status(409),
    (response) => inEvents(response).write(event(NEWS)),
  );
  await passTime(transport.send(INITIALIZED));
  await come(messages);
  expect(lastEventIds()).toEqual([undefined, '4', '4']);
});

it('is refused, and that is told, where it is compressed as nobody can read it', async () => {
  const { transport, errors } = await serverOf((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'compress' }).flushHeaders();
  });
  await passTime(transport.send(INITIALIZED));
  expect(errors.map(({ message }) => message)).toEqual([
    'the standalone stream was not opened: the backend answers 200, and no event stream that can be read',
  ]);
});

it('is the end of the session, where the server knows that no more', async () => {
  const { transport, errors } = await serverOf((response) => inEvents(response).end(), status(404));
  const closed = new Promise<void>((resolve) => (transport.onclose = resolve));
  await passTime(transport.send(INITIALIZED));
  await passTime(closed);
  expect(errors).toMatchObject([{ message: 'the standalone stream was not opened: the backend answers 404' }]);
});

it.each<[string, Respond, number]>([
  ['says so', status(405), 0],
  ['knows no GET', status(404), 1],
  ['answers with a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), 1],
])('is asked for once from a server that has none and %s', async (_how, respond, told) => {
  const { transport, errors, lastEventIds } = await serverOf(respond);
  await passTime(transport.send(INITIALIZED));
  await passTime(turns(), 60_000);
  await turns();
  expect(lastEventIds()).toHaveLength(1);
  expect(errors).toHaveLength(told);
});

it('is asked for again from a server that cannot give it yet', async () => {
  const { transport, messages } = await serverOf(status(503), (response) => inEvents(response).write(event(NEWS)));
  await passTime(transport.send(INITIALIZED));
  await come(messages);
  expect(messages).toMatchObject([NEWS]);
});

it('gives up an event without an end, and does not ask for it again', async () => {
  const { transport, messages, lastEventIds } = await serverOf(
    (response) => {
      inEvents(response).write('id: 4\ndata: \n\ndata: ');
      const fill = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1_000_000)));
        response.once('drain', fill);
      };
      fill();
    },
    (response) => inEvents(response).write(event(NEWS)),
  );
  await passTime(transport.send(INITIALIZED));
  await come(messages);
  expect(lastEventIds()).toEqual([undefined, undefined]);
});

it('may bring the answer to a call that was only accepted', async () => {
  let stream: ServerResponse | undefined;
  const { transport, messages } = await serverOf((response) => {
    stream = inEvents(response);
    stream.flushHeaders();
  });
  await passTime(transport.send(INITIALIZED));
  await transport.send(CALL);
  await turns();
  expect(messages).toEqual([]);
  stream?.write(event(RESULT));
  await come(messages);
  expect(messages).toMatchObject([RESULT]);
});

it('may turn out not to be there after a call was accepted only, which is then answered with an error', async () => {
  let refuse = (): void => undefined;
  const { transport, messages } = await serverOf((response) => {
    refuse = () => response.writeHead(405).end();
  });
  await passTime(transport.send(INITIALIZED));
  await transport.send(CALL);
  await turns();
  expect(messages).toEqual([]);
  refuse();
  await come(messages);
  expect(messages).toMatchObject([{ id: 7, error: { message: expect.stringContaining('202') as string } }]);
});

it('speaks on behalf of no call, also on a connection that one has opened', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  let calls = 0;
  const { transport } = await peer(
    closing,
    (response) => (calls++ === 0 ? inEvents(response).end(event(RESULT)) : accept(response, response.req)),
    (response) => inEvents(response).write(event(NEWS)),
  );
  transport.onmessage = () => seen.push(context.getStore());
  await context.run('the call', async () => transport.send(CALL));
  await expect.poll(() => seen).toEqual(['the call']);
  await passTime(transport.send(INITIALIZED));
  await expect.poll(() => seen).toEqual(['the call', undefined]);
});

it('ends with the connection, while it waits', async () => {
  const { transport, http, lastEventIds } = await serverOf((response) => inEvents(response).end());
  await passTime(transport.send(INITIALIZED));
  await turns();
  await transport.close();
  await new Promise((resolve) => http.close(resolve));
  await passTime(turns(), 60_000);
  expect(lastEventIds()).toHaveLength(1);
});
