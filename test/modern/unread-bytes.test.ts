/** Bytes that wait because a modern client does not read are told, whoever has written them. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { closers, proxies } from '../proxy/support.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { initOf } from './raw-modern.js';

const open = proxies();
const closing = closers();
const MEGABYTE = 2 ** 20;
/** More than sockets hold. */
const TEXT = 'x'.repeat(7 * MEGABYTE);

/** Posts a call, and reads nothing of its answer. */
function callWithoutReading(url: string): { readonly answer: Promise<IncomingMessage>; drop(): void } {
  const { method, headers, body } = initOf('tools/call', { name: 'any', arguments: {} });
  const request = httpRequest(url, { method, headers: headers as Record<string, string>, agent: false });
  request.end(body);
  request.on('error', () => undefined);
  const drop = (): void => void request.destroy();
  closing(drop);
  const answer = once(request, 'response').then(([response]) => response as IncomingMessage);
  return { answer, drop };
}

test.each(['has read them', 'is gone'])('until the client %s', async (end) => {
  const backend = new ScriptedBackend();
  const { url, proxy } = await open(backend.upstream);
  const call = callWithoutReading(url);
  await expect.poll(() => backend.sessions).toHaveLength(1);
  const { id = null } = await backend.session().got({ method: 'tools/call' });
  await backend.session().send({ id, result: { content: [{ type: 'text', text: TEXT }] } });
  const answer = await call.answer;
  await expect.poll(() => proxy.snapshot().bufferedBytes).toBeGreaterThan(MEGABYTE);
  if (end === 'is gone') call.drop();
  else answer.resume();
  await expect.poll(() => proxy.snapshot().bufferedBytes).toBe(0);
});
