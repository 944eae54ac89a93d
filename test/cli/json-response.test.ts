/** `--json-response`: the reference server from npm behind the command, which answers each POST in JSON. */
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { answersOf } from '../support/stage.js';
import { elicitations, ROOT, Started, type Command } from './support.js';

const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const ASK = { name: 'trigger-elicitation-request', arguments: {} };
const WORK = {
  name: 'trigger-long-running-operation',
  arguments: { duration: 0.05, steps: 5 },
  _meta: { progressToken: 'token' },
};

const started = new Started();
let url: string;
let command: Command;
beforeAll(async () => {
  const options = ['--json-response', '--trace', '--park-timeout', '100ms'];
  ({ url, command } = await started.endpoint([...options, '--', process.execPath, EVERYTHING, 'stdio']));
});
afterAll(async () => started.end());

async function connect(): Promise<StrictClient> {
  return started.client(url, {
    capabilities: { elicitation: {} },
    answers: { ...answersOf('ann'), 'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada' } }) },
  });
}

async function call(client: StrictClient, params: object): Promise<{ type: string | null; text: string }> {
  const { exchange, response } = client.start('tools/call', params);
  const type = (await exchange).headers.get('content-type');
  return { type, text: JSON.stringify(await response) };
}

const progressOf = ({ arrivals }: StrictClient): string[] =>
  arrivals.filter(({ message }) => message.method === 'notifications/progress').map(({ stream }) => stream);

it('asks on GET, and answers the call in JSON, twice', async () => {
  const client = await connect();
  expect((await client.openGet()).status).toBe(200);

  for (const _turn of ['1st', '2nd'])
    expect(await call(client, ASK)).toEqual({
      type: 'application/json',
      text: expect.stringContaining('Ada') as string,
    });

  expect(elicitations(client)).toEqual(['GET', 'GET']);
});

it('without GET, refuses the question, and the call ends', async () => {
  const client = await connect();

  const { type, text } = await call(client, ASK);

  expect(type).toBe('application/json');
  expect(text).toContain('opened no stream that can take it within 100 ms');
  expect(elicitations(client)).toEqual([]);
  await command.line(/elicitation\/create .* → nowhere: refused PARK_TIMEOUT/);
});

it('reports progress on GET, and without GET answers the call all the same', async () => {
  const [reading, deaf] = [await connect(), await connect()];
  await reading.openGet();

  for (const client of [reading, deaf])
    expect(await call(client, WORK)).toEqual({
      type: 'application/json',
      text: expect.stringContaining('completed') as string,
    });

  await expect.poll(() => progressOf(reading)).toEqual(Array.from({ length: 5 }, () => 'GET'));
  expect(progressOf(deaf)).toEqual([]);
});

it('serves the client of the SDK, which opens GET by itself', async () => {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  let asked = 0;
  client.setRequestHandler(ElicitRequestSchema, () => {
    asked += 1;
    return { action: 'accept', content: { name: 'Ada' } };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  started.add(client);

  for (const _turn of ['1st', '2nd']) expect(JSON.stringify(await client.callTool(ASK))).toContain('Ada');
  expect(asked).toBe(2);
});
