/** What a proxy does, in addition to what it costs: with a backend whose tools ask the user. */
import { request } from 'node:http';
import type { Call, Client } from './client.js';
import { PROTOCOL_VERSION, textOf } from './client.js';
import type { Backend, Contestant } from './contestants.js';
import {
  HANG_MS,
  type Behaviour,
  type Eight,
  type Outcome,
  type Questions,
  type Refusal,
  type Subject,
} from './results.js';
import { bounded, Running, TimeoutError } from './running.js';
import { sdkOf } from './sdk.js';

const PAIRS = 25;

type Answers = Omit<Behaviour, keyof Subject>;

export async function observe(contestant: Contestant, backend: Backend): Promise<Answers> {
  const { running, client } = await Running.start(contestant, backend);
  const clients = [client];
  const session = async (): Promise<Client> => {
    const opened = await running.session();
    clients.push(opened);
    return opened;
  };
  try {
    const other = await session();
    const memory = await observeMemory(running, client, other);
    const answersIsolated = await observeIsolation(running, client, other);
    const { wire } = contestant;
    const standaloneNeverOpened = wire !== 'streamable-http' ? null : await observeQuestions(running, session, false);
    const standaloneOpen = await observeQuestions(running, session, true);
    return {
      ...memory,
      answersIsolated,
      standaloneNeverOpened,
      standaloneOpen,
      foreignHost: wire === 'stdio' ? null : await observeRefusal(running, { host: 'attacker.example' }),
      foreignOrigin: wire === 'stdio' ? null : await observeRefusal(running, { origin: 'http://attacker.example' }),
      needsCredential: Object.keys(running.headers).length > 0 && (await observeRefusal(running, {}, {})).refused,
      defaultAddress: addressOf(running),
      sdk: sdkOf(await running.program.scripts()),
    };
  } finally {
    for (const open of clients) open.close();
    await running.stop();
  }
}

function addressOf({ program, contestant }: Running): string | null {
  const listening = program.notes.find((note) => 'listen' in note);
  return listening === undefined && contestant.wire === 'stdio' ? 'nothing' : (listening?.listen ?? null);
}

async function observeMemory(
  running: Running,
  one: Client,
  other: Client,
): Promise<Pick<Answers, 'stateful' | 'backendPerSession'>> {
  const recall = async (client: Client): Promise<string> =>
    bounded(HANG_MS, client.tool(running.tool('recall'), { key: 'mine' }), 'recall').catch(() => 'failed');
  await bounded(HANG_MS, one.tool(running.tool('remember'), { key: 'mine', value: 'one' }), 'remember');
  return { stateful: (await recall(one)) === '"one"', backendPerSession: (await recall(other)) === 'null' };
}

async function observeIsolation(running: Running, one: Client, other: Client): Promise<boolean> {
  const echo = async (client: Client, text: string): Promise<boolean> =>
    (await bounded(HANG_MS, client.tool(running.tool('echo'), { text }), 'echo').catch(() => '')) === text;
  const pairs = Array.from({ length: PAIRS }, (_, index) => [echo(one, `one ${index}`), echo(other, `other ${index}`)]);
  return (await Promise.all(pairs.flat())).every(Boolean);
}

async function observeQuestions(
  running: Running,
  session: () => Promise<Client>,
  standalone: boolean,
): Promise<Questions> {
  const open = async (): Promise<Client> => {
    const client = await session();
    if (standalone) await bounded(HANG_MS, client.wire.openStandalone(), 'GET').catch(() => undefined);
    return client;
  };
  const ask = running.tool('ask');
  const asking = await open();
  const outcomes: Outcome[] = [];
  let stream: Questions['stream'] = null;
  for (let turn = 0; turn < 20; turn++) {
    if (turn === 2 && outcomes.some((outcome) => outcome !== 'answered')) break;
    const call = asking.startTool(ask, { tag: 'ask' });
    outcomes.push(await outcomeOf(call));
    if (turn === 0) stream = streamOf(asking, 'ask', call);
  }
  const [first = 'not tried', second = 'not tried'] = outcomes;
  const twentieth = outcomes[19] ?? 'not tried';
  // A call that hangs stays in flight, and would be one more that may have asked.
  const eightAtOnce = await observeEight(outcomes.includes('hang') ? await open() : asking, ask);
  return { first, second, twentieth, stream, eightAtOnce };
}

async function observeEight(client: Client, tool: string): Promise<Eight> {
  const calls = Array.from({ length: 8 }, (_, index) => {
    const tag = `question ${index}`;
    return { tag, call: client.startTool(tool, { tag }) };
  });
  const outcomes = await Promise.all(calls.map(async ({ call }) => outcomeOf(call)));
  return {
    answered: outcomes.filter((outcome) => outcome === 'answered').length,
    onOwnStream: calls.filter(({ tag, call }) => streamOf(client, tag, call) === 'own').length,
  };
}

/** Each with a time of its own, so that one that hangs does not hide the others. */
async function outcomeOf({ answer, exchange }: Call): Promise<Outcome> {
  exchange.catch(() => undefined);
  try {
    return textOf(await bounded(HANG_MS, answer, 'the answer')).endsWith('accept yes') ? 'answered' : 'failed';
  } catch (error) {
    return error instanceof TimeoutError ? 'hang' : 'failed';
  }
}

function streamOf({ serverInitiated }: Client, tag: string, { id }: Call): Questions['stream'] {
  const question = serverInitiated.find(({ message }) => message.params?.['message'] === tag);
  if (question === undefined) return null;
  if (question.stream === 'pipe') return 'pipe';
  if (question.stream === 'GET') return 'standalone';
  return question.stream === `POST ${id}` ? 'own' : 'of another call';
}

/** Opens a session, as a page that a name was rebound for would. */
async function observeRefusal(
  { url, headers, contestant }: Running,
  foreign: Readonly<Record<string, string>>,
  credentials: Readonly<Record<string, string>> = headers,
): Promise<Refusal> {
  const isSse = contestant.wire === 'sse';
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'page', version: '1.0.0' } },
  };
  const status = new Promise<number | null>((resolve) => {
    const outgoing = request(
      url,
      {
        method: isSse ? 'GET' : 'POST',
        headers: {
          accept: isSse ? 'text/event-stream' : 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...credentials,
          ...foreign,
        },
      },
      (answer) => {
        resolve(answer.statusCode ?? null);
        answer.destroy();
      },
    );
    outgoing.on('error', () => resolve(null));
    outgoing.end(isSse ? undefined : JSON.stringify(initialize));
  });
  const answered = await bounded(10_000, status, 'initialize').catch(() => null);
  return { refused: answered === null || answered >= 400, status: answered };
}
