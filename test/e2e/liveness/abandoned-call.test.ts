/** A call is abandoned with its question open. The next call of the session must not pay for it. */
import { describe, expect, it } from 'vitest';
import type { Answer, Call, Message, StrictClient } from '../../../examples/lib/strict-client.js';
import { staleProxy } from '../../support/stale-proxy.js';
import { stages, startCall, textOf } from '../../support/stage.js';
import type { Journal } from '../../support/journal.js';
import type { UpstreamKind } from '../../support/upstreams.js';
import { drops, tapped } from './tap.js';

const open = stages();
const ELICITATION = 'elicitation/create';

interface Abandoned {
  readonly client: StrictClient;
  readonly call: Call;
}

type Abandon = (client: StrictClient, call: Call, dropped: Journal<string>) => Promise<unknown>;

const WAYS: readonly (readonly [string, Abandon])[] = [
  [
    'drops its POST',
    async (_client, call, dropped) => {
      const gone = dropped.next();
      await call.drop();
      await gone;
    },
  ],
  ['cancels it', async (client, { id }) => client.notify('notifications/cancelled', { requestId: id })],
];

const tagOf = ({ params }: Message): unknown => (params as { message?: unknown } | undefined)?.message;

const answerZero: Answer = (asked) => (tagOf(asked) === 'zero' ? { action: 'decline' } : undefined);

/** The question, once it has arrived. */
const question = (client: StrictClient, tag: string) =>
  client.next(({ message }) => message.method === ELICITATION && tagOf(message) === tag, 0);

const questions = (client: StrictClient): unknown[][] =>
  client.arrivals
    .filter(({ message }) => message.method === ELICITATION && tagOf(message) !== 'zero')
    .map(({ message, stream }) => [tagOf(message), stream]);

describe.each(['stdio', 'streamable-http'] as const)('with a backend over %s', (kind) => {
  describe.each(WAYS)('a client whose call has asked %s, and calls again', (_, abandon) => {
    it('it is asked by the new call, on its own stream', async () => {
      const { client, call } = await afterFirst(kind, true, abandon);
      const next = await startCall(client, 'ask', { tag: 'two' });
      const { message, stream } = await question(client, 'two');
      expect(stream).toBe(`POST ${String(next.id)}`);
      await client.reply(message.id, { action: 'decline' });
      expect(await textOf(next)).toBe('two: decline');
      expect(questions(client)).toEqual([
        ['one', `POST ${String(call.id)}`],
        ['two', `POST ${String(next.id)}`],
      ]);
    });
  });

  it('a question of a cancelled call is followed by its cancellation, on the stream that it came on', async () => {
    const { client, call } = await afterFirst(kind, true, async () => Promise.resolve());
    const { message } = await question(client, 'one');
    const taken = client.next((arrival) => arrival.message.method === 'notifications/cancelled');
    await client.notify('notifications/cancelled', { requestId: call.id });
    expect(await taken).toMatchObject({
      stream: `POST ${String(call.id)}`,
      message: { params: { requestId: message.id } },
    });
  });
});

describe('with a bare proxy, whatever its backend', () => {
  it.each(WAYS)('a client whose call has asked %s, and calls again: it is asked on GET', async (_, abandon) => {
    const { client } = await afterFirst('streamable-http', false, abandon);
    const next = await startCall(client, 'ask', { tag: 'two' });
    const { message } = await question(client, 'two');
    await client.reply(message.id, { action: 'decline' });
    expect(await textOf(next)).toBe('two: decline');
    expect(questions(client)).toEqual([
      ['one', 'GET'],
      ['two', 'GET'],
    ]);
  });

  it('a cancellation reaches the client on GET only', async () => {
    const { client, call } = await afterFirst('streamable-http', false, async () => Promise.resolve());
    const { message } = await question(client, 'one');
    const taken = client.next((arrival) => arrival.message.method === 'notifications/cancelled');
    await client.notify('notifications/cancelled', { requestId: call.id });
    expect(await taken).toMatchObject({ stream: 'GET', message: { params: { requestId: message.id } } });
  });
});

describe('a proxy that names the first call with every question, when the client has dropped that call', () => {
  it('wrapped, asks on the stream of the next call', async () => {
    const { client, next } = await nextCall(true);
    const { message, stream } = await question(client, 'two');
    expect(stream).toBe(`POST ${String(next.id)}`);
    await client.reply(message.id, { action: 'decline' });
    expect(await textOf(next)).toBe('two: decline');
  });

  it('bare, loses what the next call asks, in silence', async () => {
    const { client, upstream } = await nextCall(false);
    await upstream.fromBackend.first((asked) => tagOf(asked) === 'two');
    await client.request('ping');
    expect(questions(client).map(([tag]) => tag)).toEqual(['one']);
    expect(upstream.answers).toEqual([]);
  });

  async function nextCall(wrapped: boolean) {
    const upstream = await tapped('in-memory');
    const stage = await open(upstream, { proxy: staleProxy, wrapped });
    const client = await stage.connect('ann', { answers: {} });
    const dropped = drops(stage.session(client).transport);
    const first = await startCall(client, 'ask', { tag: 'one' });
    await question(client, 'one');
    const gone = dropped.next();
    await first.drop();
    await gone;
    return { client, upstream, next: await startCall(client, 'ask', { tag: 'two' }) };
  }
});

/** A client that holds GET where the proxy is bare: it would not be asked otherwise. */
async function afterFirst(kind: UpstreamKind, wrapped: boolean, abandon: Abandon): Promise<Abandoned> {
  const stage = await open(await tapped(kind), { wrapped });
  const client = await stage.connect('ann', { answers: { [ELICITATION]: answerZero } });
  const dropped = drops(stage.session(client).transport);
  if (!wrapped) await client.openGet();
  // A backend's first question has the id 0, which SDK 1.x cannot cancel.
  expect(await client.callTool('ask', { tag: 'zero' })).toBe('zero: decline');
  const call = await startCall(client, 'ask', { tag: 'one' });
  await question(client, 'one');
  await abandon(client, call, dropped);
  return { client, call };
}
