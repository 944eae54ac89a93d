/** `node --import mcp-backchannel/register proxy.js`: small proxies in processes of their own, unchanged. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { BACKEND, Program } from '../support/program.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function run(fixture: string, preload: boolean, env: Readonly<Record<string, string>> = {}): Program {
  const file = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  const program = new Program(file, { preload, args: [BACKEND], env });
  open.push(async () => program.stop());
  return program;
}

/** A client that never opens the standalone stream, and says yes to everything. */
async function connect(program: Program): Promise<StrictClient> {
  const client = await StrictClient.connect(await program.line(/^http/), {
    answers: { 'elicitation/create': () => ({ action: 'accept', content: { answer: 'yes' } }) },
  });
  open.push(() => {
    client.vanish();
  });
  return client;
}

const DOWNSTREAM = {
  'sdk1-esm.js': 'StreamableHTTPServerTransport of @modelcontextprotocol/sdk/dist/esm/server/streamableHttp.js',
  'sdk1-commonjs.cjs': 'StreamableHTTPServerTransport of @modelcontextprotocol/sdk/dist/cjs/server/streamableHttp.js',
  'sdk1-web.js':
    'WebStandardStreamableHTTPServerTransport of @modelcontextprotocol/sdk/dist/esm/server/webStandardStreamableHttp.js',
  'sdk2-esm.js': 'NodeStreamableHTTPServerTransport of @modelcontextprotocol/node/dist/index.mjs',
  'sdk2-commonjs.cjs': 'NodeStreamableHTTPServerTransport of @modelcontextprotocol/node/dist/index.cjs',
};

describe.each(Object.entries(DOWNSTREAM))('a proxy that its author did not wrap: %s', (fixture, wrapped) => {
  it('drops the question of its backend, and the call hangs, when it runs by itself', async () => {
    const client = await connect(run(fixture, false));
    const asking = client.start('tools/call', { name: 'ask', arguments: {} });
    // It is accepted, and so before the next one.
    await asking.exchange;

    // The backend has asked before it echoes, and the proxy reads both from one pipe.
    expect(await client.callTool('echo', { text: 'marker' })).toBe('marker');
    expect(client.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
    expect(client.arrivals.map(({ message }) => message.id)).not.toContain(asking.id);
  });

  it('delivers each question on the stream of its call, once, with the preload', async () => {
    const program = run(fixture, true, { DEBUG: 'mcp-backchannel:register,mcp-backchannel:route' });
    const client = await connect(program);
    for (const tag of ['first', 'second', 'third']) {
      expect(await client.callTool('ask', { tag })).toBe(`${tag}: accept yes`);
    }
    const questions = client.arrivals.filter(({ message }) => message.method !== undefined);
    expect(questions.map(({ stream }) => stream)).toEqual(['POST 1', 'POST 2', 'POST 3']);

    await program.stop();
    expect(program.stderr).toContain(`mcp-backchannel:register wrapped ${wrapped}`);
    // One client transport and one server transport, whatever each has built inside.
    const [upstream, downstream, ...more] = [...program.stderr.matchAll(/wrapped a new (\w+)/g)].map(
      ([, name]) => name,
    );
    expect([upstream, downstream].sort()).toEqual(['StdioClientTransport', wrapped.split(' ')[0]].sort());
    expect(more).toEqual([]);
    expect(program.stderr.match(/elicitation\/create .* delivered/g)).toHaveLength(3);
  });
});

it('leaves instanceof, statics and subclasses as they are, and a subclass with private members alone', async () => {
  const program = run('subclass.js', true);
  expect(JSON.parse(await program.line())).toEqual({
    name: 'StreamableHTTPServerTransport',
    plain: { isWrapped: true, isInstance: true },
    counting: { isWrapped: true, isWrappedInItsConstructor: true, isInstance: true, made: 1, sent: 1 },
    private: { isWrapped: false, sent: 1 },
  });
  expect(await program.exited).toBe(0);
});

it('wraps a subclass whose source only reads as if it had private members, and prints nothing of its own', async () => {
  const program = run('subclass-mentions.js', true);
  expect(JSON.parse(await program.line())).toEqual([true, true]);
  await program.exited;
  expect(program.stderr).toBe('');
});

it('leaves subclasses with private members of each kind alone, and warns of each class once', async () => {
  const program = run('subclass-private.js', true);
  const seen = JSON.parse(await program.line()) as { sees: unknown }[];
  expect(seen).toEqual(['#sent', '1 "', true, 1, true].map((sees) => ({ isWrapped: false, sees })));
  await program.exited;
  const warnings = program.stderr.match(/\[MCP_BACKCHANNEL_NOT_WRAPPED\] Warning: .*/g) ?? [];
  expect(warnings.map((line) => /class (\w+)/.exec(line)?.[1])).toEqual([
    'Field',
    'InTemplate',
    'Method',
    'Compiled',
    'Below',
  ]);
});

describe('an option of the environment', () => {
  it.each([
    ['MCP_BACKCHANNEL_PARK_TIMEOUT', 'soon', 'must be a duration such as 500ms, 5s, 2m, or a number of milliseconds'],
    ['MCP_BACKCHANNEL_AMBIGUOUS', 'guess', "option ambiguous must be 'last-inbound' or 'reject'"],
  ])('%s=%s ends the process before the proxy runs, with one line and exit code 2', async (name, value, reason) => {
    const program = run('sdk1-esm.js', true, { [name]: value });
    expect(await program.exited).toBe(2);
    expect(program.stderr).toMatch(/^mcp-backchannel\/register: [^\n]+\n$/);
    expect(program.stderr).toContain(name);
    expect(program.stderr).toContain(`${reason}, not "${value}"`);
    await expect(program.line()).rejects.toThrow('it ended');
  });

  it('is one of withBackchannel(): in JSON mode a question is refused, and its backend told so', async () => {
    const program = run('sdk1-esm.js', true, {
      ANSWERS: 'json',
      MCP_BACKCHANNEL_RESPONSE_MODE: 'json',
      MCP_BACKCHANNEL_PARK_TIMEOUT: '1ms',
    });
    const client = await connect(program);
    // The proxy never looks at what `send()` returns: a rejection would have ended its process.
    const { error } = await client.request('tools/call', { name: 'ask', arguments: {} });
    expect(error?.message).toContain('the client opened no stream that can take it within 1 ms');
    expect(await client.callTool('echo', { text: 'still here' })).toBe('still here');
  });
});
