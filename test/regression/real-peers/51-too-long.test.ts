/** A message over stdio is longer than it may be. */
import { afterEach, expect, it } from 'vitest';
import { createServer } from 'node:http';
import { listen } from '../../proxy/support.js';
import { CLI, Started } from '../../cli/support.js';
import { LineClient, overStdio, SERVER } from './stdio-rig.js';

const started = new Started();
afterEach(async () => started.end());

const MIB = 1_048_576;
const LONG = "'x'.repeat(11 * 1_048_576)";
/** `long` answers with more than is read, with its id first or last; `endless` does not end at all. */
const TALKER = SERVER.map((arg) =>
  arg.replace(
    "if (params?.name === 'hold')",
    `
    if (params?.name === 'long-first') return out('{"jsonrpc":"2.0","id":' + id + ',"result":{"text":"' + ${LONG} + '"}}\\n');
    if (params?.name === 'long-last') return out('{"result":{"id":0,"text":"' + ${LONG} + '"},"jsonrpc":"2.0","id":' + id + '}\\n');
    if (params?.name === 'long-question')
      return out('{"params":{"text":"' + ${LONG} + '"},"jsonrpc":"2.0","method":"elicitation/create","id":"q"}\\n');
    if (params?.name === 'long-news') {
      out('{"params":{"text":"' + ${LONG} + '"},"jsonrpc":"2.0","method":"notifications/message"}\\n');
      return answer(id, 'told');
    }
    if (params?.name === 'endless') {
      out('{"jsonrpc":"2.0","result":{"text":"');
      const more = () => { while (process.stdout.write('x'.repeat(1_048_576))); process.stdout.once('drain', more); };
      return more();
    }
    if (params?.name === 'hold')`,
  ),
);

const TOO_LONG = {
  error: { code: -32000, message: expect.stringMatching(/longer than 10485760 characters.*--max-message/) as string },
};

it.each(['long-first', 'long-last'])(
  '51 a call whose answer is too long fails and says why, and no other: %s',
  async (name) => {
    const client = await overStdio(started, TALKER);
    const other = client.call('hold');
    const id = client.call(name);
    expect(await client.answerTo(id)).toMatchObject(TOO_LONG);
    client.call('release');
    expect(await client.answerTo(other)).toMatchObject({ result: { content: [{ text: 'held' }] } });
  },
);

it('51 likewise over HTTP, where the session lives', async () => {
  const { url } = await started.endpoint([...TALKER]);
  const client = await started.client(url);
  expect(await client.request('tools/call', { name: 'long-last' })).toMatchObject(TOO_LONG);
  expect(await client.callTool('echo', { text: 'still there' })).toBe('still there');
});

it('51 a question that is too long is refused, and a notification is reported', async () => {
  const client = await overStdio(started, TALKER);
  client.call('long-question');
  await client.line(/heard .*"id":"q","error":.*--max-message/);
  const id = client.call('long-news');
  expect(await client.answerTo(id)).toMatchObject({ result: { content: [{ text: 'told' }] } });
  await client.line(/error: .*--max-message/);
});

it('51 --max-message sets the limit', async () => {
  const client = await overStdio(started, TALKER, ['--max-message', '2000']);
  const short = client.call('echo', { text: 'x'.repeat(1_500) });
  expect(await client.answerTo(short)).toMatchObject({ result: {} });
  const long = client.call('say', {
    text: `{"jsonrpc":"2.0","id":$id,"result":{"text":"${'x'.repeat(1_000)}"}}`.repeat(1),
  });
  expect(await client.answerTo(long)).toMatchObject({ result: {} });
  const large = await overStdio(started, TALKER, ['--max-message', String(20 * MIB)]);
  const id = large.call('long-last');
  expect(await large.answerTo(id)).toMatchObject({ result: { id: 0 } });
});

it('51 a message without an end ends the session, and the call is told so', async () => {
  const client = await overStdio(started, TALKER, ['--max-message', '100000']);
  const id = client.call('endless');
  expect(await client.answerTo(id)).toMatchObject({ error: { code: -32000 } });
  expect(await client.exit).toEqual({ code: 1, signal: null });
});

it('51 a request of the client that is too long is answered, and the next one is served', async () => {
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', '--max-message', '20000', ...SERVER]));
  await client.initialize();
  const id = client.call('echo', { text: 'x'.repeat(30_000) });
  expect(await client.answerTo(id)).toMatchObject({
    error: { code: -32600, message: expect.stringContaining('--max-message') as string },
  });
  const next = client.call('echo', { text: 'served' });
  expect(await client.answerTo(next)).toMatchObject({ result: { content: [{ text: 'served' }] } });
});

it('51 --max-body limits what a client posts, and is named to it', async () => {
  const { url } = await started.endpoint(['--max-body', '2000', ...SERVER]);
  const client = await started.client(url);
  const post = async (length: number) => client.notify('notifications/x', { text: 'x'.repeat(length) });
  expect((await post(1_500)).status).toBe(202);
  const refused = await post(2_000);
  expect(refused.status).toBe(413);
  expect(JSON.parse(refused.text)).toMatchObject({
    error: { message: expect.stringMatching(/2000 bytes.*--max-body/) as string },
  });
  expect(await client.callTool('echo', { text: 'still there' })).toBe('still there');
});

it('51 --max-message limits what an HTTP server answers, too', async () => {
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body || '{}') as { id?: unknown; method?: string; params?: object };
      if (id === undefined) {
        response.writeHead(request.method === 'POST' ? 202 : 405).end();
        return;
      }
      const initialized = { ...params, capabilities: {}, serverInfo: { name: 'x', version: '1' } };
      const result = method === 'initialize' ? initialized : { text: 'x'.repeat(3_000) };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  const server = await listen(http);
  started.add({ close: async () => new Promise((resolve) => http.close(resolve).closeAllConnections()) });
  const { url } = await started.endpoint(['--max-message', '2000', '--url', server]);
  const client = await started.client(url);
  expect(await client.request('tools/list')).toMatchObject({
    error: { message: expect.stringMatching(/longer than 2000 characters \(--max-message\)/) as string },
  });
});
