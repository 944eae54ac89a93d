/** One local client in front of a backend over HTTP that is restarted, or forgets its session: the client's session lives. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it } from 'vitest';
import { CLI, ROOT, Started } from '../../cli/support.js';

const PROGRAM = fileURLToPath(new URL('../../support/programs/stateful-backend.js', import.meta.url));

const started = new Started();
const running: ChildProcess[] = [];
afterEach(async () => {
  await started.end();
  await Promise.all(running.splice(0).map(kill));
});

interface Backend {
  readonly process: ChildProcess;
  readonly port: number;
}

async function start(port = 0): Promise<Backend> {
  const child = spawn(process.execPath, [PROGRAM, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, port: Number(line) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

interface Local {
  readonly client: Client;
  /** The kinds of list that have changed, as they were told. */
  readonly changed: string[];
  readonly state: () => Promise<State>;
  /** Starts a call that hangs. Resolves when the backend has it, with what becomes of it. */
  readonly hang: () => Promise<{ readonly outcome: Promise<string> }>;
  closed: boolean;
}

interface State {
  readonly pid: number;
  readonly level: string | null;
  readonly subscribed: readonly string[];
  readonly initialized: number;
  readonly client: unknown;
  readonly capabilities: unknown;
}

/** A client of the command, which serves it the backend over stdin and stdout. */
async function local(port: number): Promise<Local> {
  const client = started.add(new Client({ name: 'local', version: '1' }, { capabilities: { elicitation: {} } }));
  const changed: string[] = [];
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed.push('tools'));
  client.setNotificationHandler(PromptListChangedNotificationSchema, () => void changed.push('prompts'));
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => void changed.push('resources'));
  let hangs = (): void => undefined;
  client.setNotificationHandler(LoggingMessageNotificationSchema, () => hangs());
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  const self: Local = {
    client,
    changed,
    closed: false,
    async state() {
      const { content } = await client.callTool({ name: 'state' });
      return JSON.parse((content as [{ text: string }])[0].text) as State;
    },
    async hang() {
      const isThere = new Promise<void>((resolve) => (hangs = resolve));
      const outcome = client.callTool({ name: 'hang' }).then(
        () => 'answered',
        (error: unknown) => (error as Error).message,
      );
      await isThere;
      return { outcome };
    },
  };
  client.onclose = () => (self.closed = true);
  const args = [CLI, '--stdio', '--url', `http://127.0.0.1:${port}/mcp`];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: ROOT, stderr: 'ignore' }));
  return self;
}

describe('48: behind --stdio --url', () => {
  it('a backend that is killed and started again, three times: each lost call has its error, and the session lives', async () => {
    const { port, process: first } = await start();
    let backend = first;
    const one = await local(port);
    const { client, changed } = one;
    await client.setLoggingLevel('error');
    for (const uri of ['a://1', 'a://2', 'a://3']) await client.subscribeResource({ uri });
    await client.unsubscribeResource({ uri: 'a://2' });
    const before = await one.state();
    expect(before).toMatchObject({ level: 'error', subscribed: ['a://1', 'a://3'], initialized: 1 });

    for (let time = 1; time <= 3; time++) {
      const { outcome } = await one.hang();
      await kill(backend);
      expect(await outcome).toMatch(/broke off|begun anew|session/);
      // Nobody is there: that costs the call, and nothing else.
      await expect(client.listTools()).rejects.toThrow(/backend/);
      ({ process: backend } = await start(port));
      // It may take a call to find out that the session is gone, and that call is lost.
      const after = await one.state().catch(async (error: unknown) => {
        expect(String(error)).toMatch(/session/);
        return one.state();
      });
      expect(after).toEqual({ ...before, pid: backend.pid });
      await expect.poll(() => [...changed].sort()).toEqual(['prompts', 'resources', 'tools']);
      changed.splice(0);
      const { content } = await client.callTool({ name: 'ask' });
      expect(content).toEqual([{ type: 'text', text: 'decline' }]);
      expect(one.closed).toBe(false);
    }
  });

  it('a backend that forgets its session while calls are in flight', async () => {
    const { process: backend, port } = await start();
    const one = await local(port);
    const { outcome } = await one.hang();
    backend.kill('SIGUSR2');
    expect(await outcome).toMatch(/broke off|session/);
    await one.state().catch(() => undefined);
    expect(await one.state()).toMatchObject({ pid: backend.pid, initialized: 1 });
    await expect.poll(() => [...one.changed].sort()).toEqual(['prompts', 'resources', 'tools']);
  });

  it('a backend that is away when the client comes costs its first attempt only', async () => {
    const { process: backend, port } = await start();
    await kill(backend);
    const command = started.command(['--stdio', '--url', `http://127.0.0.1:${port}/mcp`]);
    command.process.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } })}\n`,
    );
    // Nothing that could be begun anew has ever been begun.
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(JSON.parse(command.stdout)).toMatchObject({
      id: 0,
      error: { message: expect.stringMatching(/ECONNREFUSED/) as string },
    });
  });
});
