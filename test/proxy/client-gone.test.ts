/** Who goes in mid-call, backend or client, and what the others hear of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { startCall, textOf } from '../support/stage.js';
import { BACKEND_COMMAND, startUpstream } from '../support/upstreams.js';
import { closers, proxies } from './support.js';
import { ScriptedBackend } from './scripted-backend.js';
import { programArgs } from '../support/built-programs.js';

const closing = closers();
const open = proxies();
const HTTP_BACKEND = new URL('../../examples/lib/backend-http.ts', import.meta.url);

const isQuestion = ({ message }: { message: Message }): boolean => message.method === 'elicitation/create';

describe('a backend that is killed in mid-call', () => {
  it('over stdio: the callers of its session get an error, others do not notice', async () => {
    const processes: StdioClientTransport[] = [];
    const stage = await open(() => {
      const transport = new StdioClientTransport(BACKEND_COMMAND);
      processes.push(transport);
      return transport;
    });
    const victim = await stage.connect('ann', { answers: {} });
    const other = await stage.connect('bob');
    const calls = [await startCall(victim, 'ask'), await startCall(victim, 'ask_in_turn', { turn: 0, of: 2 })];
    await victim.next(isQuestion, 0);
    process.kill(Number(processes[0]?.pid), 'SIGKILL');
    for (const { response } of calls) {
      expect((await response).error).toMatchObject({
        code: -32000,
        message: expect.stringContaining('backend') as string,
      });
    }
    expect(await other.callTool('ask')).toBe('ask: accept bob');
    expect(stage.proxy.snapshot().sessions).toBe(1);
  });

  it('over Streamable HTTP: the callers of its session get an error, those of another backend do not notice', async () => {
    const child = spawn(process.execPath, programArgs(HTTP_BACKEND), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    closing(() => child.kill('SIGKILL'));
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    const healthy = await startUpstream('in-memory');
    const stage = await open(({ headers }) =>
      headers.has('x-healthy') ? healthy.connect() : new StreamableHTTPClientTransport(new URL(String(url).trim())),
    );
    const victim = await stage.connect('ann', { answers: {} });
    const other = await stage.connect('bob', { headers: { 'x-healthy': 'yes' } });
    const call = await startCall(victim, 'ask');
    await victim.next(isQuestion, 0);
    child.kill('SIGKILL');
    expect((await call.response).error).toMatchObject({
      code: -32000,
      message: expect.stringContaining('backend') as string,
    });
    expect((await victim.notify('notifications/any')).status).toBe(404);
    expect(await other.callTool('ask')).toBe('ask: accept bob');
  });

  it('over SSE: the callers of its session get an error', async () => {
    const backend = await startUpstream('sse');
    const stage = await open(() => backend.connect());
    const victim = await stage.connect('ann', { answers: {} });
    const call = await startCall(victim, 'ask');
    await victim.next(isQuestion, 0);
    await backend.close();
    expect((await call.response).error).toMatchObject({
      code: -32000,
      message: expect.stringContaining('backend') as string,
    });
  });
});

describe('a client that vanishes', () => {
  it.each(['in-memory', 'streamable-http'] as const)(
    'leaves a backend over %s with an error in place of each answer, and the proxy running',
    async (kind) => {
      const stage = await open(kind, { backchannel: { orphanTimeoutMs: 20, parkTimeoutMs: 20 } });
      const other = await stage.connect('bob');
      const orphaned = new Promise((resolve) => {
        stage.proxy.routes$.subscribe(({ outcome }) => outcome === 'orphaned' && resolve(outcome));
      });
      const client = await stage.connect('ann', { answers: {} });
      await startCall(client, 'ask');
      await client.next(isQuestion, 0);
      client.vanish();
      await orphaned;
      expect(await other.callTool('ask')).toBe('ask: accept bob');
    },
  );

  it('has answers reported that nobody is left to take', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect();
    const call = await startCall(client, 'slow');
    const gone = new Promise<void>((resolve) => {
      stage.http.once('request', (_request, response) => response.once('close', resolve));
    });
    const second = await startCall(client, 'slow');
    await Promise.all([second.drop(), gone]);
    await backend.session().send({ id: second.id, result: {} });
    await backend.session().send({ id: call.id, result: { content: [{ type: 'text', text: 'still there' }] } });
    expect(await textOf(call)).toBe('still there');
    expect(stage.errors.map(({ message }) => message)).toEqual([expect.stringMatching(/No connection established/)]);
  });
});
