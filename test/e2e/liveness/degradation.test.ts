/** Where streams cannot be watched nothing waits for one: in flight counts as alive, and the rest leaves as it came. */
import { describe, expect, test } from 'vitest';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel, type RouteEvent } from 'mcp-backchannel';
import { deferred } from '../../support/deferred.js';
import { lives } from '../../support/lives.js';
import { elicit, notification } from '../../support/messages.js';
import { accept, ACCEPT } from '../../support/accept.js';
import { programArgs } from '../../support/built-programs.js';

const open = lives();
const UNWATCHED = {
  wrapped: 'unwatched',
  backchannel: { parkTimeoutMs: 60_000 },
  client: { answers: ACCEPT },
} as const;
const BARE = { ...UNWATCHED, wrapped: false } as const;
const CHANGED = 'notifications/tools/list_changed';

describe('when handleRequest is called on the bare transport', () => {
  test('the questions of concurrent calls still go on their own streams', async () => {
    const live = await open(UNWATCHED);
    const [a, b] = [await live.call('a'), await live.call('b')];
    await a.onBehalf(() => live.ask('from a'));
    await b.onBehalf(() => live.ask('from b'));
    expect(live.questions).toEqual([
      { message: 'from a', stream: 'POST a' },
      { message: 'from b', stream: 'POST b' },
    ]);
  });

  test.each([UNWATCHED, BARE])(
    'with nothing in flight and no id, messages pass as on the bare transport (wrapped: $wrapped)',
    async (options) => {
      const live = await open(options);
      const send = async (message: unknown): Promise<void> => live.transport.send(message as never);
      // Nobody knows that there is no stream: both are gone.
      await send(elicit('lost'));
      await send(notification(CHANGED));
      await live.openGet();
      await live.ask('on the standalone stream');
      expect(live.questions).toEqual([{ message: 'on the standalone stream', stream: 'GET' }]);
      expect(live.client.arrivals.filter(({ message }) => message.method === CHANGED)).toEqual([]);
      expect(live.errors).toEqual([]);
      expect(live.routes.every(({ to, outcome }) => to !== 'request' && outcome === 'delivered')).toBe(true);
    },
  );

  test('a request that names a call which is over is rejected, a notification reported', async () => {
    const live = await open(UNWATCHED);
    const call = await live.call('over');
    call.finish();
    await call.response;
    const options = { relatedRequestId: 'over' };
    await expect(live.transport.send(elicit(1) as never, options)).rejects.toMatchObject({ code: 'NOT_IN_FLIGHT' });
    expect(live.errors).toEqual([]);
    await live.transport.send(notification('notifications/message') as never, options);
    expect(live.errors).toMatchObject([{ code: 'NOT_IN_FLIGHT' }]);
    expect(live.routes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
  });

  test('bare: both throw at their sender', async () => {
    const live = await open(BARE);
    const call = await live.call('over');
    call.finish();
    await call.response;
    for (const message of [elicit(1), notification('notifications/message')]) {
      const sent = live.transport.send(message as never, { relatedRequestId: 'over' });
      await expect(sent).rejects.toThrow('No connection established for request ID: over');
    }
  });

  test.each([UNWATCHED, BARE])('a call whose client has gone counts as alive (wrapped: $wrapped)', async (options) => {
    const live = await open(options);
    const call = await live.call('gone');
    await call.drop();
    await call.gone;
    const message = elicit('lost') as never;
    await expect(live.transport.send(message, { relatedRequestId: 'gone' })).resolves.toBeUndefined();
    expect(live.routes.map(({ to, outcome }) => `${to} ${outcome}`)).toEqual(
      options.wrapped === false ? [] : ['request delivered'],
    );
  });

  test('the same call, watched: the question waits for a stream', async () => {
    const live = await open({ ...UNWATCHED, wrapped: true });
    const call = await live.call('gone');
    await call.drop();
    await call.gone;
    const sent = live.transport.send(elicit('kept') as never, { relatedRequestId: 'gone' });
    expect(live.routes).toMatchObject([{ outcome: 'parked' }]);
    await live.openGet();
    await sent;
    expect(live.routes.at(-1)).toMatchObject({ to: 'standalone', outcome: 'delivered' });
  });
});

describe.each([true, false])('where there is no HTTP (wrapped: %s)', (wrapped) => {
  test('in memory nothing waits, whatever is asked and whatever is in flight', async () => {
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
    const { client, logged, questions } = aClient();
    const server = new Server({ name: 's', version: '1' }, { capabilities: { tools: {}, logging: {} } });
    const routes: RouteEvent[] = [];
    const transport = withBackchannel(serverSide, { parkTimeoutMs: 60_000 });
    transport.backchannel.routes$.subscribe((event) => routes.push(event));
    await server.connect(wrapped ? transport : serverSide);
    await client.connect(clientSide);

    await server.sendToolListChanged();
    const params = { message: 'unasked', requestedSchema: { type: 'object' as const, properties: {} } };
    expect(await server.elicitInput(params, { relatedRequestId: 'long over' })).toMatchObject({ action: 'accept' });
    await server.sendLoggingMessage({ level: 'info', data: 'the end' });
    expect(await logged).toBe('the end');
    expect(questions).toEqual(['unasked']);
    expect(routes.map(({ outcome }) => outcome)).toEqual(wrapped ? Array(3).fill('delivered') : []);
    await client.close();
  });

  test('over stdio nothing waits, whatever is asked and whatever is in flight', async () => {
    const program = new URL('../../support/programs/stdio-server.ts', import.meta.url);
    const args = [...programArgs(program), ...(wrapped ? [] : ['bare'])];
    const { client, logged, questions } = aClient();
    const transport = new StdioClientTransport({ command: process.execPath, args });
    await client.connect(transport);
    try {
      const outcomes = await logged;
      expect(questions).toEqual(['unasked', 'unasked']);
      expect(outcomes).toEqual(wrapped ? Array(3).fill('delivered') : []);
    } finally {
      await client.close();
    }
  });
});

/** An SDK client that says yes, and notes what it is asked and what is logged last. */
function aClient(): { client: Client; logged: Promise<unknown>; questions: string[] } {
  const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: {} } });
  const logged = deferred<unknown>();
  const questions: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    questions.push(params.message);
    return accept();
  });
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logged.resolve(params.data);
  });
  return { client, logged: logged.promise, questions };
}
