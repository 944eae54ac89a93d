/** A message that cannot be written as JSON: it is not delivered, and somebody hears of it. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { serve } from '../../../examples/lib/serve.js';
import { StrictClient } from '../../../examples/lib/strict-client.js';
import { withBackchannel } from '../../../src/index.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { answer, cancelled, elicit, failure, notification, request } from '../../support/messages.js';
import { MemoryEventStore } from '../../support/event-store.js';
import { NullHttpTransport, NullTransport } from '../../support/null-transport.js';
import { rigOf, type Rig } from '../../support/rig.js';

const UNWRITABLE = { name: 'BackchannelError', code: 'UNWRITABLE_MESSAGE' };

function cycle(): object {
  const one: Record<string, unknown> = {};
  one['itself'] = one;
  return one;
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

const BAD: readonly (readonly [string, () => unknown])[] = [
  ['a BigInt', () => 1n],
  ['a boxed BigInt', () => Object(1n) as unknown],
  ['a cycle', cycle],
  ['5,000 levels', () => deep(5_000)],
  ['a toJSON that throws', () => ({ toJSON: () => BigInt('x') })],
  [
    'a getter that throws',
    () => ({
      get value(): never {
        throw new Error('mine');
      },
    }),
  ],
];

const GOOD: readonly (readonly [string, () => unknown])[] = [
  ['a lone surrogate', () => '\ud800'],
  ['1,000 levels', () => deep(1_000)],
  ['a date', () => new Date(0)],
  ['an invalid date, NaN and Infinity', () => [new Date(Number.NaN), Number.NaN, Infinity]],
  ['a toJSON', () => ({ toJSON: () => 'text' })],
  ['a function, a symbol and nothing', () => [() => 1, Symbol('x'), undefined]],
  ['the same object twice', () => ((one) => [one, one])({})],
  ['an object of a class', () => new Map()],
  ['an object without a prototype', () => Object.create(null) as unknown],
];

/** Writes JSON, and fails as the SDK's transports for pipes do. */
class Pipe extends NullTransport {
  override write = async ({ message }: { readonly message: JsonRpcMessage }): Promise<void> => {
    JSON.stringify(message);
    return Promise.resolve();
  };
}

const RIGS: readonly (readonly [string, () => Rig<NullTransport>])[] = [
  ['over HTTP', () => rigOf(new NullHttpTransport())],
  ['over a pipe', () => rigOf(new Pipe())],
];

describe.each(RIGS)('62: %s', (_name, open) => {
  test.each(BAD)('a server request with %s is refused, and counts as not delivered', async (_title, make) => {
    const { transport, inner, routes } = open();
    inner.deliver(request(1));
    await expect(transport.send(elicit('q', { value: make() }))).rejects.toMatchObject(UNWRITABLE);
    expect(routes.map(({ outcome }) => outcome)).not.toContain('delivered');
    expect(routes).toMatchObject([{ id: 'q', error: UNWRITABLE }]);
    expect(transport.backchannel.snapshot().openExchanges).toBe(0);
  });

  test.each(BAD)('a response with %s is answered by an error in its place, and reported', async (_title, make) => {
    const { transport, inner, errors } = open();
    inner.deliver(request(1));
    await transport.send(answer(1, { value: make() }), { relatedRequestId: 1 });
    const error = { code: -32603, data: { code: 'UNWRITABLE_MESSAGE' } };
    expect(inner.sent.at(-1)).toMatchObject({ message: { id: 1, error }, options: { relatedRequestId: 1 } });
    expect(errors).toMatchObject([UNWRITABLE]);
    expect(transport.backchannel.snapshot().inFlight).toEqual([]);
  });

  test.each(BAD)('a notification with %s is reported', async (_title, make) => {
    const { transport, inner, errors, routes } = open();
    inner.deliver(request(1));
    await transport.send(notification('notifications/message', { value: make() }));
    expect(errors).toMatchObject([UNWRITABLE]);
    expect(routes.map(({ outcome }) => outcome)).not.toContain('delivered');
  });

  test.each(GOOD)('a message with %s is written', async (_title, make) => {
    const { transport, inner, errors } = open();
    inner.deliver(request(1));
    const messages = [elicit('q', { value: make() }), answer(1, { value: make() })];
    for (const message of messages) await transport.send(message);
    expect(inner.sent.map(({ message }) => message)).toEqual(messages);
    expect(errors).toEqual([]);
  });

  test('an error that cannot be written is answered by one that can', async () => {
    const { transport, inner } = open();
    inner.deliver(request(1));
    await transport.send({ ...failure(1), error: { code: 1, message: 'x', data: 1n } });
    expect(inner.sent.at(-1)).toMatchObject({ message: { id: 1, error: { code: -32603 } } });
  });

  test('a response without a result is answered by an error in its place', async () => {
    const { transport, inner, errors } = open();
    inner.deliver(request(1));
    await transport.send({ jsonrpc: '2.0', id: 1, result: undefined });
    expect(inner.sent).toMatchObject([{ message: { id: 1, error: { code: -32603 } } }]);
    expect(errors).toMatchObject([UNWRITABLE]);
  });

  test('a cancellation that cannot be written still takes its server request back', async () => {
    const { transport, inner, errors } = open();
    inner.deliver(request(1));
    await transport.send(elicit('q'));
    await transport.send({ ...cancelled('q'), params: { requestId: 'q', reason: 1n } });
    expect(transport.backchannel.snapshot().openExchanges).toBe(0);
    expect(errors).toMatchObject([UNWRITABLE]);
  });
});

test('62: what waits for a stream is refused at once if it cannot be written', async () => {
  const { transport } = rigOf(new NullHttpTransport());
  void transport.handleRequest();
  await expect(transport.send(elicit('q', { value: 1n }))).rejects.toMatchObject(UNWRITABLE);
});

test('62: in memory nothing is written as JSON, and everything arrives as it is', async () => {
  const [one, other] = InMemoryTransport.createLinkedPair();
  const received: unknown[] = [];
  one.onmessage = (message) => received.push(message);
  const transport = withBackchannel(other);
  const question = { jsonrpc: '2.0' as const, id: 1, method: 'elicitation/create', params: { value: 1n, in: cycle() } };
  await transport.send(question);
  expect(received).toEqual([question]);
});

test('62: over stdio the client gets an error in the place of a response', async () => {
  const output = new PassThrough();
  const transport = withBackchannel(new StdioServerTransport(new PassThrough(), output));
  transport.onmessage = () => undefined;
  await transport.send({ jsonrpc: '2.0', id: 1, result: { value: 1n } });
  expect(JSON.parse(String(output.read()))).toMatchObject({ id: 1, error: { code: -32603 } });
});

const MODES = [
  ['answers with event streams', {}],
  ['answers in JSON', { enableJsonResponse: true }],
  ['stores events', { eventStore: new MemoryEventStore() }],
] as const;

describe.each(MODES)('62: an SDK server that %s', (_title, options) => {
  async function call(result: unknown): Promise<{ readonly message: unknown; readonly asked: unknown }> {
    let asked: unknown;
    const { url, close } = await serve({
      transport: options,
      onSession: async (bare) => {
        const server = new Server({ name: 's', version: '1' }, { capabilities: { tools: {} } });
        server.setRequestHandler(CallToolRequestSchema, async () => {
          const params = {
            message: 'q',
            requestedSchema: { type: 'object' as const, properties: {} },
            _meta: { n: 1n },
          };
          asked = await server
            .request({ method: 'elicitation/create', params }, CallToolRequestSchema)
            .catch((error: unknown) => error);
          return { content: [], value: result };
        });
        const transport = withBackchannel(bare);
        await server.connect(transport);
        return transport;
      },
    });
    try {
      const client = await StrictClient.connect(url);
      return { message: await client.start('tools/call', { name: 'x' }, 'c').response, asked };
    } finally {
      await close();
    }
  }

  test.each(BAD.slice(0, 4))('tells both ends of %s', async (_name, make) => {
    const { message, asked } = await call(make());
    expect(message).toMatchObject({ id: 'c', error: { code: -32603 } });
    expect(asked).toMatchObject(UNWRITABLE);
  });
});
