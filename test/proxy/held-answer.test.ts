/** The answer to a POST waits for the backend, where that may refuse what was posted; here to a web-standard request. */
import { createStatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { afterEach, expect, it, vi } from 'vitest';
import { HttpRefusal } from '../../src/http-refusal.js';
import { JSON_HEADERS } from '../support/raw-http.js';
import { ScriptedBackend } from './scripted-backend.js';
import { INITIALIZE } from './raw-http.js';
import { closers } from './support.js';

const closing = closers();
afterEach(() => vi.useRealTimers());

const REFUSAL = new HttpRefusal(401, 'refused', { 'www-authenticate': 'Bearer realm="x"' }, 'no');

/** A backend that does with each message as it is told, before it gets it. */
function open(
  before: () => Promise<void>,
  options: Partial<StatefulProxyOptions> = {},
): (post: object) => Promise<Response> {
  const backend = new ScriptedBackend();
  const proxy = createStatefulProxy({
    relayRefusal: (refusal) => refusal,
    ...options,
    upstream: async (request) => {
      const transport = await backend.upstream(request);
      const send = transport.send.bind(transport);
      transport.send = async (message) => before().then(() => send(message));
      return transport;
    },
  });
  closing(() => proxy.close());
  return (init) => proxy.fetch(new Request('http://localhost/mcp', { method: 'POST', headers: JSON_HEADERS, ...init }));
}

const seen = async (response: Response): Promise<unknown[]> => [
  response.status,
  response.headers.get('www-authenticate'),
  await response.text(),
];

it('is the refusal of the backend', async () => {
  const post = open(() => Promise.reject(REFUSAL));
  expect(await seen(await post({ body: INITIALIZE }))).toEqual([401, 'Bearer realm="x"', 'no']);
});

it('is as ever if the backend takes it, or refuses it in another way', async () => {
  const taken = await open(() => Promise.resolve())({ body: INITIALIZE });
  expect([taken.status, await taken.text()]).toEqual([200, expect.stringContaining('"scripted"')]);
  const failed = await open(() => Promise.reject(new HttpRefusal(500, 'broken')))({ body: INITIALIZE });
  expect([failed.status, await failed.text()]).toEqual([200, expect.stringContaining('broken')]);
});

it('is a JSON-RPC error where nobody has asked for it, or the hook says so', async () => {
  for (const relayRefusal of [undefined, (): undefined => undefined]) {
    const response = await open(() => Promise.reject(REFUSAL), { relayRefusal })({ body: INITIALIZE });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('refused')]);
  }
});

it('begins after ten seconds at the latest', async () => {
  vi.useFakeTimers();
  const post = open(() => new Promise(() => undefined));
  let status = 0;
  void post({ body: INITIALIZE }).then((response) => (status = response.status));
  await vi.advanceTimersByTimeAsync(9_900);
  expect(status).toBe(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(status).toBe(200);
});
