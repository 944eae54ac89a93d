/** A client that does not read costs the proxy no more than `maxBufferedBytes`. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { closers, proxies } from './support.js';
import { sessionOf } from './raw-http.js';
import { ScriptedBackend } from './scripted-backend.js';

const closing = closers();
const open = proxies();
/** More than any kernel takes for a client that does not read. */
const LARGE = 'x'.repeat(8 * 2 ** 20);

it.each([
  { maxBufferedBytes: 100_000, is: 'ended' },
  { maxBufferedBytes: 100_000_000, is: 'kept' },
])('with maxBufferedBytes of $maxBufferedBytes, its stream is $is', async ({ maxBufferedBytes, is }) => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream, { maxBufferedBytes });
  const session = await sessionOf(stage);
  const headers = { accept: 'text/event-stream', 'mcp-session-id': session };
  const stream = httpRequest(stage.url, { method: 'GET', headers });
  stream.end();
  closing(() => stream.destroy());
  const [response] = (await once(stream, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  const log = { method: 'notifications/message', params: { level: 'info', data: LARGE } };
  await backend.session().send(log);
  await backend.session().send({ ...log, params: { level: 'info', data: 'one more' } });
  await expect.poll(() => stage.routes.length).toBe(2);
  const slow = stage.errors.filter((error) => (error as { readonly code?: unknown }).code === 'SLOW_CLIENT');
  expect(slow).toHaveLength(is === 'ended' ? 1 : 0);
});
