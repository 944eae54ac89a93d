/** A stdio server pings its client, which holds no stream just now. */
import { afterEach, expect, it } from 'vitest';
import { Started } from '../../cli/support.js';
import { direct, SERVER, type LineClient } from './stdio-rig.js';

const started = new Started();
afterEach(async () => started.end());

const PING = { jsonrpc: '2.0', id: 'are you there?', method: 'ping' };
/** Written when the call that says so is answered, and its stream over. */
const LATER = `setTimeout(() => out(JSON.stringify(${JSON.stringify(PING)}) + '\\n'), 200)`;
const PINGING = SERVER.map((arg) =>
  arg.replace('let held = [];', `let held = []; process.on('SIGUSR2', () => ${LATER});`),
);

it('47 the ping is answered while the session lives, by the proxy if not by the client', async () => {
  const { url, command } = await started.endpoint(PINGING);
  const client = await started.client(url);
  // In a second session: each has its own.
  const other = await started.client(url);
  await other.delete();
  const pid = Number((await command.line(/\[node (\d+)\] heard .*initialized/))[1]);
  process.kill(pid, 'SIGUSR2');
  await command.line(/heard .*"id":"are you there\?","result":\{\}/);
  expect(await client.callTool('echo', { text: 'here' })).toBe('here');
});

it('47 directly, and where the client holds a stream, the client answers it itself', async () => {
  const alone: LineClient = await direct(started, PINGING);
  alone.process.kill('SIGUSR2');
  expect(await alone.got(({ method }) => method === 'ping')).toEqual(PING);

  const { url, command } = await started.endpoint(PINGING);
  const client = await started.client(url, { answers: { ping: () => ({ from: 'the client' }) } });
  await client.openGet();
  process.kill(Number((await command.line(/\[node (\d+)\] heard .*initialized/))[1]), 'SIGUSR2');
  await command.line(/heard .*"id":"are you there\?","result":\{"from":"the client"\}/);
});
