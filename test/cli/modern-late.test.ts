/** A server that asks and logs after it has answered, when another client without a credential has its session. */
import { afterEach, expect, it } from 'vitest';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { post } from '../modern/raw-modern.js';
import { Started } from './support.js';
import { programArgs } from '../support/built-programs.js';

const LATE = programArgs(new URL('../modern/late-server.ts', import.meta.url));

const started = new Started();
afterEach(async () => started.end());

const call = async (url: string, name: string): Promise<unknown> =>
  (await post(url, 'tools/call', { name, arguments: {} })).last.result;

it('does not have its request put to that client, if it says for which call it asks', async () => {
  const { url } = await started.endpoint(['--', process.execPath, ...LATE]);
  expect(await call(url, 'first')).toMatchObject({ content: [{ text: 'answered' }] });
  expect(await call(url, 'second')).toMatchObject({
    resultType: 'complete',
    content: [{ text: expect.stringContaining('no call is in flight that could have caused this') as string }],
  });
});

it('does not have its log sent to that client either, which gets its own', async () => {
  const { url } = await started.endpoint(['--', process.execPath, ...LATE]);
  const meta = { 'io.modelcontextprotocol/logLevel': 'debug' };
  await call(url, 'first');
  const { messages } = await post(url, 'tools/call', { name: 'second', arguments: {} }, { meta });
  expect(messages.slice(0, -1)).toMatchObject([
    { method: 'notifications/message', params: { data: 'logged by second' } },
  ]);
});

it('is put to a client of its own session, as it always was', async () => {
  const { url } = await started.endpoint(['--', process.execPath, ...LATE]);
  const client = await StrictClient.connect(url, {
    answers: { 'elicitation/create': () => ({ action: 'accept', content: {} }) },
  });
  expect(await client.callTool('first')).toBe('answered');
  expect(await client.callTool('second')).toBe('{"action":"accept","content":{}}');
  await client.delete();
});
