import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect as connectSocket, createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { INITIALIZE_MESSAGE } from '../support/raw-http.js';
import { startUpstream } from '../support/upstreams.js';
import { BACKEND, CLI, MIRROR, ROOT, Started } from './support.js';

const started = new Started();
afterEach(async () => started.end());

async function connect(args: readonly string[]): Promise<Client> {
  const client = started.add(new Client({ name: 'test', version: '1.0.0' }, { capabilities: { elicitation: {} } }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'Ada' } }));
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [CLI, '--stdio', ...args],
      cwd: ROOT,
      stderr: 'ignore',
    }),
  );
  return client;
}

async function ask(client: Client, tag: string): Promise<unknown> {
  return (await client.callTool({ name: 'ask', arguments: { tag } })).content;
}

describe('serves one local client over stdin and stdout:', () => {
  it('a stdio server, whose first and second question are answered', async () => {
    const client = await connect(BACKEND);
    expect(await ask(client, '1st')).toEqual([{ type: 'text', text: '1st: accept Ada' }]);
    expect(await ask(client, '2nd')).toEqual([{ type: 'text', text: '2nd: accept Ada' }]);
  });

  it('an HTTP server, whose first and second question are answered', async () => {
    const server = started.add(await startUpstream('streamable-http'));
    // The transport is only asked where the server is.
    const { _url } = (await server.connect()) as unknown as { readonly _url: URL };
    const client = await connect(['--url', _url.href]);
    expect(await ask(client, '1st')).toEqual([{ type: 'text', text: '1st: accept Ada' }]);
    expect(await ask(client, '2nd')).toEqual([{ type: 'text', text: '2nd: accept Ada' }]);
  });
});

it('answers what is asked before stdin is closed, and ends with exit code 0 and nothing but messages on stdout', async () => {
  const command = started.command(['--stdio', ...MIRROR]);
  command.process.stdin.end(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(JSON.parse(command.stdout)).toMatchObject({
    id: INITIALIZE_MESSAGE.id,
    result: { serverInfo: { name: 'mirror' } },
  });
});

it('answers with an error when its server cannot start, and ends with exit code 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  // It is there, but the program that should run it is not.
  const script = join(folder, 'server');
  await writeFile(script, '#!/no/such/interpreter\n', { mode: 0o755 });
  const command = started.command(['--stdio', '--', script]);
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  expect(await command.exit).toEqual({ code: 1, signal: null });
  expect(JSON.parse(command.stdout)).toMatchObject({
    id: INITIALIZE_MESSAGE.id,
    error: {
      message: expect.stringContaining(`no such command: ${script}; is it on the PATH?`) as string,
    },
  });
});

it('ends at once with exit code 2 when there is no such server', async () => {
  const command = started.command(['--stdio', '--', 'no-such-command-anywhere']);
  expect(await command.exit).toEqual({ code: 2, signal: null });
  expect(command.stderr).toEqual([expect.stringContaining('no such command: no-such-command-anywhere')]);
});

it('answers what is in flight with an error when its server dies, and ends with exit code 1', async () => {
  const command = started.command(['--stdio', ...MIRROR]);
  const { stdin, stdout } = command.process;
  stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await once(stdout, 'data');
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'die' } })}\n`);
  expect(await command.exit).toEqual({ code: 1, signal: null });
  const [, answer = ''] = command.stdout.trim().split('\n');
  expect(JSON.parse(answer)).toMatchObject({ id: 1, error: { message: expect.stringContaining('closed') as string } });
});

it('tells with which code its server ended', async () => {
  const command = started.command(['--stdio', '--', process.execPath, '-e', 'process.exit(7)']);
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  expect(await command.exit).toEqual({ code: 1, signal: null });
  await command.line(/the server \[node \d+\] ended with code 7$/);
});

it('writes its last answer whole, though the client has closed stdin and reads late', async () => {
  const LENGTH = 3_000_000;
  const server = `
    process.stdin.on('data', () => console.log(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(${LENGTH}) } })));
    process.stdin.on('end', () => console.error('bye'));
  `;
  const command = started.command(['--stdio', '--', process.execPath, '-e', server]);
  const { stdin, stdout } = command.process;
  stdout.pause();
  stdin.end(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await command.line(/bye/);
  stdout.resume();
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect((JSON.parse(command.stdout) as { result: { text: string } }).result.text).toHaveLength(LENGTH);
});

it('answers what is in flight and leaves its server in order when stdin is closed while it waits to resume a stream', async () => {
  const methods: (string | undefined)[] = [];
  const broken = new EventEmitter();
  const server = createServer((request, response) => {
    methods.push(request.method);
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
      return;
    }
    response
      .writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' })
      .end('id: 1\nretry: 20000\ndata: \n\n');
    response.once('close', () => broken.emit('broken'));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  started.add({ close: async () => new Promise((resolve) => server.close(resolve).closeAllConnections()) });
  const command = started.command(['--stdio', '--url', `http://127.0.0.1:${port}/mcp`]);
  const isBroken = once(broken, 'broken');
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await isBroken;
  command.process.stdin.end();
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(JSON.parse(command.stdout)).toMatchObject({ id: INITIALIZE_MESSAGE.id, error: { code: -32000 } });
  expect(methods).toEqual(['POST', 'DELETE']);
});

it('answers what is no valid message, unless it is an answer, with an error, and goes on', async () => {
  const command = started.command(['--stdio', ...MIRROR]);
  const lines = [
    ...['no JSON', { jsonrpc: '2.0', id: 'a', method: 'x', extra: 1 }, { id: 2, method: 'x' }],
    ...[{ jsonrpc: '2.0', id: 'q', result: null }, { jsonrpc: '2.0', method: 3 }, INITIALIZE_MESSAGE],
  ];
  command.process.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await command.exit).toEqual({ code: 0, signal: null });
  const answers = command.stdout.trim().split('\n');
  expect(answers.map((answer) => JSON.parse(answer) as unknown)).toMatchObject([
    { id: null, error: { code: -32600 } },
    { id: 'a', error: { code: -32600 } },
    { id: 2, error: { code: -32600 } },
    { id: null, error: { code: -32600 } },
    { id: INITIALIZE_MESSAGE.id, result: {} },
  ]);
});

it('tells once that the session is open, though the client initializes it twice', async () => {
  const command = started.command(['--stdio', '--trace', ...MIRROR]);
  const lines = [INITIALIZE_MESSAGE, { ...INITIALIZE_MESSAGE, id: 'again' }];
  command.process.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(command.stderr.filter((line) => line.includes('initialize "again"'))).toHaveLength(2);
  expect(command.stderr.filter((line) => line.includes('session opened'))).toHaveLength(1);
});

it('ends with exit code 1 when a message of its client has no end, and says so', async () => {
  const command = started.command(['--stdio', '--max-message', '1000', ...MIRROR]);
  const { stdin, stdout } = command.process;
  stdin.on('error', () => undefined);
  stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await once(stdout, 'data');
  stdin.write('x'.repeat(1_048_576));
  expect(await command.exit).toEqual({ code: 1, signal: null });
  expect(command.stderr.filter((line) => line.includes('error:'))).toEqual([
    'mcp-backchannel: error: a message of the client is longer than 1000 characters (--max-message), and does not end',
  ]);
});

it('ends when its stdin breaks', async () => {
  const listener = createSocketServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  started.add({ close: async () => new Promise((resolve) => listener.close(resolve)) });
  await once(listener, 'listening');
  const ours = connectSocket((listener.address() as AddressInfo).port, '127.0.0.1');
  const [theirs] = (await once(listener, 'connection')) as [Socket];
  const command = started.command(['--stdio', ...MIRROR], {}, theirs);
  theirs.destroy();
  ours.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await once(command.process.stdout, 'data');
  ours.resetAndDestroy();
  expect(await command.exit).toEqual({ code: 0, signal: null });
});

it('ends with exit code 0 on SIGTERM', async () => {
  const command = started.command(['--stdio', ...MIRROR]);
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await once(command.process.stdout, 'data');
  command.process.kill('SIGTERM');
  expect(await command.exit).toEqual({ code: 0, signal: null });
});
