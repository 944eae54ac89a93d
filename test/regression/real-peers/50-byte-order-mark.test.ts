/** A byte order mark comes first. */
import { afterEach, expect, it } from 'vitest';
import { INITIALIZE_MESSAGE } from '../../support/raw-http.js';
import { CLI, Started } from '../../cli/support.js';
import { LineClient, overStdio, SERVER } from './stdio-rig.js';

const started = new Started();
afterEach(async () => started.end());

it.each<[string, string]>([
  ['on the stdout of a server', '\ufeff'],
  ['on a line of its own', '\ufeff\r\n'],
  ['twice', '\ufeff\ufeff'],
  ['after a line that is no message', 'starting\n\ufeff'],
])('50 it is ignored %s', async (_where, first) => {
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', ...SERVER], { FIRST: first }));
  await client.initialize();
  expect(client.messages).toMatchObject([{ id: 'init', result: { serverInfo: { name: 'parrot' } } }]);
});

it('50 it is ignored before a later message', async () => {
  const client = await overStdio(started);
  const id = client.call('say', { text: '\ufeff{"jsonrpc":"2.0","id":$id,"result":{}}\n' });
  expect(await client.answerTo(id)).toEqual({ jsonrpc: '2.0', id, result: {} });
});

it('50 it is ignored on the stdin of a client', async () => {
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', ...SERVER]));
  client.send(`\ufeff${JSON.stringify(INITIALIZE_MESSAGE)}`);
  expect(await client.answerTo(INITIALIZE_MESSAGE.id)).toMatchObject({ result: {} });
});
