import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
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
  const command = started.command(['--stdio', '--', 'no-such-command-anywhere']);
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  expect(await command.exit).toEqual({ code: 1, signal: null });
  expect(JSON.parse(command.stdout)).toMatchObject({
    id: INITIALIZE_MESSAGE.id,
    error: { message: expect.stringContaining('ENOENT') as string },
  });
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

it('ends with exit code 0 on SIGTERM', async () => {
  const command = started.command(['--stdio', ...MIRROR]);
  command.process.stdin.write(`${JSON.stringify(INITIALIZE_MESSAGE)}\n`);
  await once(command.process.stdout, 'data');
  command.process.kill('SIGTERM');
  expect(await command.exit).toEqual({ code: 0, signal: null });
});
