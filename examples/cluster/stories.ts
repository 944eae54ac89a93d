/** What happens to the nodes, and what the client sees. */
import { StrictClient, type Call, type Message } from '../lib/strict-client.js';
import { NODE_HEADER } from './balancer.js';
import { healthOf, type RunningNode } from './nodes.js';
import { must, type Report } from './report.js';

export interface Scene {
  /** Of the load balancer. */
  readonly url: string;
  readonly nodes: readonly RunningNode[];
  readonly report: Report;
}

const ANSWER = { action: 'accept', content: { answer: 'Ada' } };

/** A server over stdio lives and dies with its node. Its client is told in time, and begins anew. */
export async function tellsOfLoss({ url, nodes, report }: Scene): Promise<void> {
  let client = await StrictClient.connect(url);
  await asks({ url, nodes, report }, client);

  const drained = ownerOf(client, nodes);
  await report.step(`${drained.name}, its owner, drains during a call`, async () => {
    const { call, question } = await startAsking(client);
    drained.process.kill('SIGTERM');
    while ((await healthOf(drained)).status !== 'draining') await call.exchange;
    const newcomer = await StrictClient.connect(url);
    const owner = ownerOf(newcomer, nodes);
    must(owner !== drained, 'a node that drains took a new session');
    const { headers } = await client.reply(question.id, ANSWER);
    must(textOf(await call.response) === 'ask: accept Ada', 'the call did not finish');
    const code = await drained.ended;
    must(code === 0, `it ended with ${code}`);
    client = newcomer;
    return `it was answered over ${String(headers.get(NODE_HEADER))}; a new session is on ${owner.name}`;
  });

  const killed = ownerOf(client, nodes);
  await report.step(`${killed.name}, another owner, is killed in a call`, async () => {
    const { call } = await startAskingElsewhere(client, killed);
    killed.process.kill('SIGKILL');
    const { error } = await call.response;
    must(error !== undefined, 'the call was answered');
    // Until then its port still takes connections, and what came over one would be lost.
    await killed.ended;
    return `an error on the stream of the call: ${String(error?.code)} ${shortened(error?.message)}`;
  });
  await report.step('the next request of its session', async () => {
    const { status } = await client.post({ jsonrpc: '2.0', id: 'next', method: 'ping' });
    must(status === 404, `${status}`);
    return '404, so the client begins anew';
  });
  await report.step('a new session, and a call', async () => {
    const anew = await StrictClient.connect(url, { answers: { 'elicitation/create': () => ANSWER } });
    must((await anew.callTool('ask')) === 'ask: accept Ada', 'the call was not answered');
    anew.vanish();
    return `on ${ownerOf(anew, nodes).name}`;
  });
  client.vanish();
}

/** A server over HTTP has the session still, and another node goes on with it. */
export async function goesOn(scene: Scene): Promise<void> {
  const { url, nodes, report } = scene;
  const client = await StrictClient.connect(url);
  await asks(scene, client);
  await client.callTool('remember', { key: 'city', value: 'London' });
  for (const [signal, how] of [
    ['SIGTERM', 'drains'],
    ['SIGKILL', 'is killed'],
  ] as const) {
    const owner = how === 'drains' ? ownerOf(client, nodes) : await liveOwner(client, nodes);
    await report.step(`${owner.name}, which has the session, ${how}`, async () => {
      owner.process.kill(signal);
      await owner.ended;
      const text = await client.callTool('recall', { key: 'city' });
      must(text === '"London"', text);
      return 'the next request goes on in the same session of the server';
    });
  }
  client.vanish();
}

async function asks({ nodes, report }: Scene, client: StrictClient): Promise<void> {
  await report.step('an elicitation', async () => {
    const { call, question, node } = await startAsking(client);
    const { headers } = await client.reply(question.id, ANSWER);
    must(textOf(await call.response) === 'ask: accept Ada', 'the call was not answered');
    const owner = ownerOf(client, nodes).name;
    return `${owner} asks, through ${node}, and is answered through ${String(headers.get(NODE_HEADER))}`;
  });
  await report.step('twenty more, eight at once', async () => {
    const answering = client.arrivals.length;
    client.answer('elicitation/create', () => ANSWER);
    for (const count of [8, 8, 4]) {
      const texts = await Promise.all(Array.from({ length: count }, async () => client.callTool('ask')));
      must(
        texts.every((text) => text === 'ask: accept Ada'),
        texts.join(),
      );
    }
    client.answer('elicitation/create', () => undefined);
    const questions = client.arrivals.slice(answering).filter(({ message }) => message.method === 'elicitation/create');
    return `${questions.length} of 20 answered`;
  });
}

interface Asking {
  readonly call: Call;
  readonly question: Message;
  /** The node that passes the call on, or its owner. */
  readonly node: string;
}

async function startAsking(client: StrictClient): Promise<Asking> {
  const from = client.arrivals.length;
  const call = client.start('tools/call', { name: 'ask', arguments: {} });
  const { message } = await client.next((arrival) => arrival.message.method === 'elicitation/create', from);
  return { call, question: message, node: String((await call.exchange).headers.get(NODE_HEADER)) };
}

/** The client is not connected to this node, so that its connection outlives it. */
async function startAskingElsewhere(client: StrictClient, node: RunningNode): Promise<Asking> {
  for (;;) {
    const asking = await startAsking(client);
    if (asking.node !== node.name) return asking;
    await client.reply(asking.question.id, ANSWER);
    await asking.call.response;
    await client.request('ping');
  }
}

function ownerOf({ sessionId = '' }: StrictClient, nodes: readonly RunningNode[]): RunningNode {
  const owner = nodes.find(({ prefix }) => sessionId.startsWith(prefix));
  if (owner === undefined) throw new Error('no node has this session');
  return owner;
}

/** An adopted session keeps the name of its first owner. */
async function liveOwner({ sessionId = '' }: StrictClient, nodes: readonly RunningNode[]): Promise<RunningNode> {
  const others = nodes.filter(({ prefix, process }) => !sessionId.startsWith(prefix) && process.exitCode === null);
  for (const node of others) if ((await healthOf(node)).sessions > 0) return node;
  throw new Error('no node has this session');
}

function textOf({ result }: Message): string {
  return ((result as { readonly content?: readonly { readonly text: string }[] } | undefined)?.content ?? [])
    .map(({ text }) => text)
    .join('');
}

function shortened(text = ''): string {
  return text.length > 48 ? `${text.slice(0, 48)}…` : text;
}
