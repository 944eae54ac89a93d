/** Behind a classic proxy, a backend asks a client that has gone: it gets an answer or an error, and no silence. */
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import { stages, startCall, type Stage } from '../../support/stage.js';
import { drops, tapped, type TappedUpstream } from './tap.js';

const open = stages();
const backchannel = { parkTimeoutMs: 150, orphanTimeoutMs: 150 };
const ELICITATION = 'elicitation/create';

/** To a bare proxy it is all one how it reaches its backend: one process less to wait for. */
const CONTROL = 'streamable-http';

interface Scene {
  readonly stage: Stage;
  readonly upstream: TappedUpstream;
  readonly client: StrictClient;
  /** The backend gets the call whose POST the client has dropped, and asks. */
  readonly goOn: () => Promise<void>;
}

/** The client calls and drops its POST; the call is still on its way to the backend. */
async function afterDrop(kind: 'stdio' | 'streamable-http', wrapped: boolean): Promise<Scene> {
  const upstream = await tapped(kind);
  const stage = await open(upstream, { wrapped, backchannel });
  const client = await stage.connect('ann');
  const dropped = drops(stage.session(client).transport);
  const { release } = upstream.hold();
  const call = await startCall(client, 'ask');
  const gone = dropped.next();
  await call.drop();
  await gone;
  const goOn = async (): Promise<void> => {
    const asked = upstream.nextQuestion();
    release();
    await asked;
  };
  return { stage, upstream, client, goOn };
}

const questionTo = (client: StrictClient) => client.next(({ message }) => message.method === ELICITATION, 0);

const outcomes = ({ stage, client }: Scene): string[] => stage.session(client).routes.map(({ outcome }) => outcome);

describe.each(['stdio', 'streamable-http'] as const)(
  'over %s, the client drops its POST before the question',
  (kind) => {
    it('and holds no other stream: a bare proxy leaves the backend waiting, a wrapped one tells it', async () => {
      const control = await afterDrop(CONTROL, false);
      await control.goOn();
      const scene = await afterDrop(kind, true);
      const answered = scene.upstream.nextAnswer();
      await scene.goOn();

      expect((await answered).error).toMatchObject({
        code: -32603,
        message: expect.stringContaining('opened no stream that can take it within 150 ms') as string,
      });
      expect(outcomes(scene)).toEqual(['parked', 'refused']);
      expect(control.upstream.answers).toEqual([]);
      await control.client.request('ping');
      expect(control.client.arrivals.filter(({ message }) => message.method === ELICITATION)).toEqual([]);
    });

    it('and holds GET: the backend gets the answer, as it does from a bare proxy', async () => {
      for (const scene of [await afterDrop(CONTROL, false), await afterDrop(kind, true)]) {
        const { client, upstream, goOn } = scene;
        await client.openGet();
        const answered = upstream.nextAnswer();
        await goOn();
        expect((await questionTo(client)).stream).toBe('GET');
        expect((await answered).result).toEqual({ action: 'accept', content: { answer: 'ann' } });
      }
    });

    it('and has another call in flight: only the wrapped proxy finds its stream', async () => {
      const control = await afterDrop(CONTROL, false);
      await startCall(control.client, 'ask_in_turn', { of: 2 });
      await control.goOn();
      const { client, upstream, goOn } = await afterDrop(kind, true);
      const other = await startCall(client, 'ask_in_turn', { of: 2 });
      const answered = upstream.nextAnswer();
      await goOn();
      if (kind === 'streamable-http') {
        // Its owner is known: it is a question to the user of that call, and of no other.
        expect((await answered).error).toMatchObject({ code: -32603 });
        expect(control.upstream.answers).toEqual([]);
        return;
      }

      expect((await questionTo(client)).stream).toBe(`POST ${String(other.id)}`);
      expect((await answered).result).toEqual({ action: 'accept', content: { answer: 'ann' } });
      expect(control.upstream.answers).toEqual([]);
    });
  },
);

describe.each(['stdio', 'streamable-http'] as const)('over %s, the client vanishes with an open question', (kind) => {
  it('a bare proxy leaves the backend waiting, a wrapped one tells it', async () => {
    const control = await afterQuestion(CONTROL, false);
    const { upstream, stage, client, answered } = await afterQuestion(kind, true);
    expect((await answered).error).toMatchObject({ message: expect.stringContaining('held no connection') as string });
    expect(stage.session(client).routes).toMatchObject([
      { method: ELICITATION, outcome: 'delivered' },
      { method: ELICITATION, outcome: 'orphaned', error: { code: 'ORPHANED' } },
    ]);
    expect(upstream.answers).toHaveLength(1);
    expect(control.upstream.answers).toEqual([]);
  });
});

it('a proxy that answers in JSON tells the backend that the client holds no stream; a bare one does not', async () => {
  const ask = async (wrapped: boolean): Promise<TappedUpstream> => {
    const upstream = await tapped('streamable-http');
    const stage = await open(upstream, { wrapped, backchannel, transport: { enableJsonResponse: true } });
    const client = await stage.connect();
    const asked = upstream.nextQuestion();
    client.start('tools/call', { name: 'ask', arguments: {} }).exchange.catch(() => undefined);
    await asked;
    return upstream;
  };
  const control = await ask(false);
  const upstream = await ask(true);
  const { error } = await upstream.toBackend.first(({ method }) => method === undefined);
  expect(error?.message).toContain('opened no stream');
  expect(control.answers).toEqual([]);
});

/** The client has been asked, on GET where the bare proxy asks, and drops all its connections. */
async function afterQuestion(kind: 'stdio' | 'streamable-http', wrapped: boolean) {
  const upstream = await tapped(kind);
  const stage = await open(upstream, { wrapped, backchannel });
  const client = await stage.connect('ann', { answers: {} });
  const dropped = drops(stage.session(client).transport);
  if (!wrapped) await client.openGet();
  await startCall(client, 'ask');
  await questionTo(client);
  const answered = upstream.nextAnswer();
  const gone = dropped.first((method) => method === 'POST');
  client.vanish();
  await gone;
  return { upstream, stage, client, answered };
}
