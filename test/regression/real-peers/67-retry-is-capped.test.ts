/** However long a backend asks us to wait before a stream is asked for again: it is half a minute at most. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CALL, event, inEvents, NEWS, passTime, peer, RESULT, turns, until } from '../../backends/http/http-peer.js';
import { closers } from '../../proxy/support.js';

const closing = closers();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const LONGEST_MS = 30_000;
const LONG = ['999999999999', '86400000', '2147483648', '9'.repeat(400)];

it.each(LONG)('67: the answer to a call is resumed within half a minute: retry: %s', async (retry) => {
  const { transport, requests, messages } = await peer(
    closing,
    (response) => inEvents(response).end(`retry: ${retry}\nid: 1\ndata: \n\n`),
    (response) => inEvents(response).end(event(RESULT)),
  );
  await transport.send(CALL);
  await turns();
  vi.advanceTimersByTime(LONGEST_MS - 1);
  await turns();
  expect(requests).toHaveLength(1);
  vi.advanceTimersByTime(1);
  await expect.poll(() => messages).toMatchObject([RESULT]);
});

it.each(LONG)('67: the standalone stream is opened again within half a minute: retry: %s', async (retry) => {
  const streams = [`retry: ${retry}\n\n`, event(NEWS)];
  const { transport, messages } = await peer(
    closing,
    (response) => response.writeHead(202).end(),
    (response) => inEvents(response).end(streams.shift()),
  );
  await passTime(transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  await turns();
  vi.advanceTimersByTime(LONGEST_MS);
  await until(() => messages.length > 0);
  expect(messages).toMatchObject([NEWS]);
});

it.each(['-1', '1e9', 'soon', ''])('67: what is no number is no time to wait: retry: %s', async (retry) => {
  const { transport, messages } = await peer(
    closing,
    (response) => inEvents(response).end(`retry: ${retry}\nid: 1\ndata: \n\n`),
    (response) => inEvents(response).end(event(RESULT)),
  );
  await transport.send(CALL);
  await turns();
  vi.advanceTimersByTime(1_000);
  await expect.poll(() => messages).toMatchObject([RESULT]);
});
