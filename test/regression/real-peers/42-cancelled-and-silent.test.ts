/** A client cancels a call, and the server never answers it: nothing is invented. */
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import type { Message } from '../../../examples/lib/strict-client.js';
import { CLI, startedIn } from '../../cli/support.js';
import { listen } from '../../proxy/support.js';
import { direct, LineClient, overStdio, SERVER } from './stdio-rig.js';

/** More than a server is given to answer a call that was cancelled. */
const LONG_ENOUGH_MS = 7_000;

/** @returns what the client gets until then for a call that it cancels and that the server does not answer */
async function silence(client: LineClient): Promise<Message | undefined> {
  const silent = client.call('hold', {}, 'silent');
  client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: silent } });
  await client.line(/notifications\/cancelled/);
  return client.answerTo(silent, LONG_ENOUGH_MS);
}

it.concurrent(
  '42 a cancelled call that the server does not answer is answered by nobody, directly and over --stdio',
  async (context) => {
    const started = startedIn(context);
    const clients = [await direct(started), await overStdio(started)];
    expect(await Promise.all(clients.map(silence))).toEqual([undefined, undefined]);
    // Nor is its answer lost when it comes, late as it is.
    for (const client of clients) {
      client.call('release');
      expect(await client.answerTo('silent')).toMatchObject({ result: { content: [{ text: 'held' }] } });
    }
  },
);

it.concurrent('42 over HTTP the stream of such a call ends, without a message', async (context) => {
  const started = startedIn(context);
  const { url, command } = await started.endpoint([...SERVER]);
  const client = await started.client(url);
  const call = client.start('tools/call', { name: 'hold' });
  const { ended } = await call.exchange;
  await client.notify('notifications/cancelled', { requestId: call.id });
  await command.line(/notifications\/cancelled/);
  await ended;
  expect(client.arrivals.filter(({ message }) => message.id === call.id)).toEqual([]);
  // Too late for anybody, and no error for that.
  expect(await client.callTool('release')).toBe('');
  expect(command.stderr.filter((line) => line.includes('error'))).toEqual([]);
  // The id is free again.
  expect(await client.request('tools/call', { name: 'echo', arguments: { text: 'again' } }, call.id)).toMatchObject({
    result: { content: [{ text: 'again' }] },
  });
});

it.concurrent('42 over HTTP the other call of a batch is answered on the stream of both', async (context) => {
  const started = startedIn(context);
  const { url, command } = await started.endpoint([...SERVER]);
  const client = await started.client(url, { protocolVersion: '2025-03-26' });
  const call = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'hold' } };
  const batch = [
    { ...call, id: 'cancelled' },
    { ...call, id: 'kept' },
  ];
  const kept = client.next(({ message }) => message.id === 'kept');
  await client.post(batch);
  await client.notify('notifications/cancelled', { requestId: 'cancelled' });
  await command.line(/notifications\/cancelled/);
  const alone = client.start('tools/call', { name: 'hold' });
  const { ended } = await alone.exchange;
  await client.notify('notifications/cancelled', { requestId: alone.id });
  // By then the server has had the time to answer the first one, too.
  await ended;
  await client.callTool('release');
  expect((await kept).message).toMatchObject({ result: { content: [{ text: 'held' }] } });
});

/** What some servers say in the place of an answer that nobody waits for any more. */
const NAMELESS = '{"jsonrpc":"2.0","id":null,"error":{"code":-32800,"message":"Request cancelled"}}';
const PARTING = SERVER.map((arg) =>
  arg.replace(
    'if (id === undefined',
    `if (method === 'notifications/cancelled') out('${NAMELESS}\\n');\n    if (id === undefined`,
  ),
);

it.concurrent('42 an answer that names no request is not told to the client of a cancelled call', async (context) => {
  const started = startedIn(context);
  const inEachMode = [[], ['--serialize']].map(async (options) => {
    const { url, command } = await started.endpoint([...options, ...PARTING]);
    const client = await started.client(url);
    const call = client.start('tools/call', { name: 'hold' });
    const { ended } = await call.exchange;
    await client.notify('notifications/cancelled', { requestId: call.id });
    await command.line(/notifications\/cancelled/);
    // Its turn is over all the same, and the next call is the only one.
    expect(await client.callTool('echo', { text: 'next' })).toBe('next');
    await ended;
    expect(client.arrivals.filter(({ message }) => message.id === call.id)).toEqual([]);
  });
  await Promise.all(inEachMode);
});

it.concurrent('42 nor is a cancelled call answered when the session that it belonged to is lost', async (context) => {
  const started = startedIn(context);
  let session = 1;
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body || '{}') as { id?: unknown; method?: string; params?: object };
      const result = { ...params, capabilities: {}, serverInfo: { name: 'x', version: '1' } };
      const isKnown = method === 'initialize' || request.headers['mcp-session-id'] === String(session);
      if (request.method !== 'POST') response.writeHead(405).end();
      else if (!isKnown) response.writeHead(404).end();
      else if (id === undefined) response.writeHead(202).end();
      // Of the calls, this one stays open.
      else if (method !== 'tools/call')
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': String(session) })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  const url = await listen(http);
  started.add({ close: async () => new Promise((resolve) => http.close(resolve).closeAllConnections()) });
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', '--url', url]));
  await client.initialize();
  const cancelled = client.call('hang', {}, 'cancelled');
  client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: cancelled } });
  client.send({ jsonrpc: '2.0', id: 'before', method: 'ping' });
  await client.answerTo('before');
  session++;
  client.send({ jsonrpc: '2.0', id: 'lost', method: 'ping' });
  expect(await client.answerTo('lost')).toMatchObject({
    error: { message: expect.stringContaining('session') as string },
  });
  client.send({ jsonrpc: '2.0', id: 'after', method: 'ping' });
  expect(await client.answerTo('after')).toMatchObject({ result: {} });
  expect(client.messages.filter(({ id }) => id === cancelled)).toEqual([]);
});
