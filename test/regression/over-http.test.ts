/** What only a real server shows. */
import type { ServerOptions } from '@modelcontextprotocol/sdk/server/index.js';
import { afterEach, describe, expect, test } from 'vitest';
import type { CreateMessageRequest } from '@modelcontextprotocol/sdk/types.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel } from '../../src/index.js';
import { serve } from '../../examples/lib/serve.js';
import { StrictClient, type Arrival } from '../../examples/lib/strict-client.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { answer, elicit } from '../support/messages.js';
import { elicitFrom, startSession, type Extra, type Session, type Tool } from '../support/sessions.js';
import { WITH_AND_WITHOUT_STORE } from '../support/transports.js';

const BACKCHANNEL = { parkTimeoutMs: 20 };
const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A tool that runs until it is let go, and says when it has begun. */
function held(): { tool: Tool; begun: Deferred; release: Deferred } {
  const begun = deferred();
  const release = deferred();
  const tool: Tool = async () => {
    begun.resolve();
    await release.promise;
    return 'released';
  };
  return { tool, begun, release };
}

const is = (method: string) => (arrival: Arrival) => arrival.message.method === method;

describe.each(WITH_AND_WITHOUT_STORE)('over $transport', (kind) => {
  async function start(tools: Parameters<typeof startSession>[0], serverOptions?: ServerOptions): Promise<Session> {
    const session = await startSession(tools, { serverOptions, kind });
    opened.push(session.close);
    return session;
  }

  test('a request in the same tick, right after the response, does not go with the answered request', async () => {
    const outcomes: Promise<string>[] = [];
    const served = await serve({
      create: (options) => kind.create(options, BACKCHANNEL),
      async onSession(bare) {
        const transport = withBackchannel(bare, BACKCHANNEL);
        const others: (string | number)[] = [];
        transport.onmessage = (message) => {
          if (!('method' in message && 'id' in message)) return;
          const { id, method, params } = message;
          const serverInfo = { name: 'raw', version: '1' };
          if (method === 'initialize') {
            void transport.send(answer(id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo }) as never);
          } else if (params?.['name'] === 'stay') {
            others.push(id);
          } else if (method === 'tools/call') {
            const related = { relatedRequestId: id };
            void transport.send(answer(id) as never);
            const sent = transport.send(elicit(`after ${id}`) as never, related);
            outcomes.push(sent.then(() => 'sent').catch((error: unknown) => (error as { code: string }).code));
          }
        };
        await transport.start();
        return transport;
      },
    });
    opened.push(served.close);
    const client = await StrictClient.connect(served.url);
    await client.request('tools/call', { name: 'hurry' }, 1);
    expect(await outcomes[0]).toBe('PARK_TIMEOUT');

    const stays = client.start('tools/call', { name: 'stay' }, 2);
    await stays.exchange;
    const question = client.next(is('elicitation/create'));
    await client.request('tools/call', { name: 'hurry' }, 3);
    expect(await outcomes[1]).toBe('sent');
    expect(await question).toMatchObject({ stream: 'POST 2', message: { id: 'after 3' } });
    client.vanish();
  });

  test('of a batch, the request that is not answered yet owns what the server asks', async () => {
    const { tool, begun, release } = held();
    const ask: Tool = async (server) => {
      await begun.promise;
      await release.promise;
      return elicitFrom(server, 'of the batch');
    };
    const wait: Tool = async (server, extra) => tool(server, extra);
    const { client, routes } = await start({ ask, wait, echo: async () => Promise.resolve('echo') });
    client.answer('elicitation/create', () => ({ action: 'decline' }));
    const waiting = client.start('tools/call', { name: 'wait' }, 'elsewhere');
    await begun.promise;

    const answered = client.next(({ message }) => message.id === 'first');
    const asked = client.next(is('elicitation/create'));
    const second = client.next(({ message }) => message.id === 'second');
    void client.post(
      [
        ['first', 'echo'],
        ['second', 'ask'],
      ].map(([id, name]) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })),
    );
    await answered;
    release.resolve();
    expect((await asked).stream).toBe('POST first,second');
    expect(routes).toMatchObject([{ relatedRequestId: 'second', evidence: 'context' }]);
    expect((await second).message.result).toEqual({ content: [{ type: 'text', text: 'decline' }] });
    await waiting.response;
  });

  test('a debounced notification, sent a microtask later, still goes with the call that sent it', async () => {
    const other = held();
    const say: Tool = async (server) => {
      await other.begun.promise;
      await server.notification({ method: 'notifications/message' });
      await other.release.promise;
      return 'said';
    };
    const debouncedNotificationMethods = ['notifications/message'];
    const { client, routes } = await start({ say, other: other.tool }, { debouncedNotificationMethods });
    const said = client.next(is('notifications/message'));
    const call = client.start('tools/call', { name: 'say' }, 'say');
    await call.exchange;
    const last = client.start('tools/call', { name: 'other' }, 'other');
    expect((await said).stream).toBe('POST say');
    expect(routes).toMatchObject([{ evidence: 'context', relatedRequestId: 'say' }]);
    other.release.resolve();
    await Promise.all([call.response, last.response]);
  });

  test('a cancelled elicitation is followed by its cancellation, though another call came in since', async () => {
    const user = new AbortController();
    const other = held();
    const ask: Tool = async (server) => elicitFrom(server, 'forget it', user.signal).catch(() => 'gave up');
    const { client, routes } = await start({ ask, other: other.tool });
    const asked = client.next(is('elicitation/create'));
    const call = client.start('tools/call', { name: 'ask' }, 'ask');
    const { message: question } = await asked;
    const last = client.start('tools/call', { name: 'other' }, 'other');
    await other.begun.promise;

    const taken = client.next(is('notifications/cancelled'));
    user.abort('changed my mind');
    expect(await taken).toMatchObject({ stream: 'POST ask', message: { params: { requestId: question.id } } });
    expect(routes.at(-1)).toMatchObject({ evidence: 'same-exchange', requested: undefined });
    other.release.resolve();
    await Promise.all([call.response, last.response]);
  });

  test('so it is when the client cancels the call, whose signal the handler has passed on', async () => {
    const other = held();
    const ask: Tool = async (server, { signal }) => elicitFrom(server, 'forget it', signal).catch(() => 'gave up');
    const { client } = await start({ ask, other: other.tool });
    const asked = client.next(is('elicitation/create'));
    client.start('tools/call', { name: 'ask' }, 'ask');
    const { message: question } = await asked;
    const last = client.start('tools/call', { name: 'other' }, 'other');
    await other.begun.promise;

    const taken = client.next(is('notifications/cancelled'));
    await client.notify('notifications/cancelled', { requestId: 'ask' });
    expect(await taken).toMatchObject({ stream: 'POST ask', message: { params: { requestId: question.id } } });
    other.release.resolve();
    await last.response;
  });

  test('sampling nested in sampling: each question comes on the stream of its own call', async () => {
    const sample: Tool = async (server, { requestId }) => {
      const content = { type: 'text', text: String(requestId) } as const;
      const { content: sampled } = await server.createMessage({ messages: [{ role: 'user', content }], maxTokens: 1 });
      return (sampled as { text: string }).text;
    };
    const { client, routes } = await start({ sample });
    client.answer('sampling/createMessage', async ({ params }) => {
      const [asked] = (params as CreateMessageRequest['params']).messages;
      const { text } = asked?.content as { text: string };
      const nested = Number(text) < 3 ? await client.callTool('sample') : 'enough';
      return { model: 'm', role: 'assistant', content: { type: 'text', text: `${text} > ${nested}` } };
    });
    expect(await client.callTool('sample')).toBe('1 > 2 > 3 > enough');
    const questions = client.arrivals.filter(is('sampling/createMessage'));
    expect(questions.map(({ stream }) => stream)).toEqual(['POST 1', 'POST 2', 'POST 3']);
    expect(routes.map(({ evidence }) => evidence)).toEqual(['context', 'context', 'context']);
  });

  test('a tool that asks twice in parallel gets both questions on its own stream', async () => {
    const other = held();
    const twice: Tool = async (server) => {
      await other.begun.promise;
      return (await Promise.all(['a', 'b'].map(async (tag) => elicitFrom(server, tag)))).join(' ');
    };
    const { client } = await start({ twice, other: other.tool });
    client.answer('elicitation/create', ({ params }) => ({
      action: (params as { message: string }).message === 'a' ? 'accept' : 'decline',
      content: {},
    }));
    const call = client.start('tools/call', { name: 'twice' }, 'twice');
    await call.exchange;
    const last = client.start('tools/call', { name: 'other' }, 'other');
    expect((await call.response).result).toEqual({ content: [{ type: 'text', text: 'accept decline' }] });
    expect(client.arrivals.filter(is('elicitation/create')).map(({ stream }) => stream)).toEqual([
      'POST twice',
      'POST twice',
    ]);
    other.release.resolve();
    await last.response;
  });

  test('a tool that asks after it has returned is refused, or uses the stream of another call', async () => {
    const returned: Extra[] = [];
    const other = held();
    const leave: Tool = async (_server, extra) => {
      returned.push(extra);
      return Promise.resolve('left');
    };
    const { client, routes } = await start({ leave, other: other.tool });
    client.answer('elicitation/create', () => ({ action: 'decline' }));
    const params = {
      mode: 'form' as const,
      message: 'late',
      requestedSchema: { type: 'object' as const, properties: {} },
    };
    const askLate = async (): Promise<unknown> =>
      returned[0]?.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);

    expect(await client.callTool('leave')).toBe('left');
    await expect(askLate()).rejects.toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });

    const call = client.start('tools/call', { name: 'other' }, 'other');
    await other.begun.promise;
    expect(await askLate()).toMatchObject({ action: 'decline' });
    expect(client.arrivals.find(is('elicitation/create'))?.stream).toBe('POST other');
    expect(routes.map(({ outcome }) => outcome)).toEqual(['parked', 'refused', 'delivered']);
    other.release.resolve();
    await call.response;
  });
});
