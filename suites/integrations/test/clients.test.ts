/** Clients of others, as they come from npm, in front of the command and a stdio server. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it } from 'vitest';
import { BACKEND, Started } from '../../../test/cli/support.js';
import { Opened } from './support.js';

const started = new Started();
const opened = new Opened();
afterEach(async () => {
  await opened.closeAll();
  await started.end();
});

const MCP_REMOTE = installed('mcp-remote/dist/proxy.js');
const INSPECTOR = installed('@modelcontextprotocol/inspector/cli/build/cli.js');

describe('mcp-remote', () => {
  it('relays the first and the second question of a server, each sent on the stream of its call, and the answers', async () => {
    const { url, command } = await started.endpoint(['--trace', ...BACKEND]);
    const { client, questions } = await behindMcpRemote(url);

    for (const tag of ['1st', '2nd']) {
      const { content } = await client.callTool({ name: 'ask', arguments: { tag } });
      expect(content).toEqual([{ type: 'text', text: `${tag}: accept Ada` }]);
    }

    expect(questions).toEqual(['1st', '2nd']);
    // It opens GET, and would be content with a question there.
    await command.line(/elicitation\/create \S+ → call 1 .*delivered/);
    await command.line(/elicitation\/create \S+ → call 2 .*delivered/);
  });
});

describe('the command-line client of inspector 1.x', () => {
  it('lists the tools', async () => {
    const { url } = await started.endpoint(BACKEND);
    const { tools } = (await inspect(url, '--method', 'tools/list')) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['ask', 'echo', 'recall']));
  });

  it('calls a tool', async () => {
    const { url } = await started.endpoint(BACKEND);
    const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'text=hello'];
    expect(await inspect(url, ...call)).toEqual({ content: [{ type: 'text', text: 'hello' }] });
  });
});

/** A client of SDK 1.x that talks to mcp-remote over stdio, and says yes to everything. */
async function behindMcpRemote(url: string): Promise<{ client: Client; questions: string[] }> {
  // It keeps credentials in the home directory, were it not told otherwise.
  const directory = await mkdtemp(join(tmpdir(), 'mcp-remote-'));
  opened.add(async () => rm(directory, { recursive: true }));

  const questions: string[] = [];
  const client = new Client({ name: 'local', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    questions.push(params.message);
    return { action: 'accept', content: { answer: 'Ada' } };
  });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, url, '--transport', 'http-only'],
    env: { ...getDefaultEnvironment(), MCP_REMOTE_CONFIG_DIR: directory },
    stderr: 'ignore',
  });
  opened.add(async () => client.close());
  await client.connect(transport);
  return { client, questions };
}

async function inspect(url: string, ...args: readonly string[]): Promise<unknown> {
  const run = promisify(execFile);
  // It takes a package.json above the working directory for its own.
  const cwd = dirname(INSPECTOR);
  const { stdout } = await run(process.execPath, [INSPECTOR, '--cli', url, '--transport', 'http', ...args], { cwd });
  return JSON.parse(stdout);
}

function installed(path: string): string {
  return fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
}
