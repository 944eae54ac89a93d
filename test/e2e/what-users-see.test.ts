/** What `backchannel` tells of a proxy at work. */
import type { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { backchannelOf, stages, startCall, textOf } from '../support/stage.js';
import { WITH_AND_WITHOUT_STORE } from '../support/transports.js';

const open = stages();
const ELICITATION = 'elicitation/create';

describe.each(WITH_AND_WITHOUT_STORE)('of a call that logs and one that asks, $transport', (kind) => {
  it('tells where each message went and why, and what is in flight meanwhile', async () => {
    const stage = await open('streamable-http', { kind });
    const client = await stage.connect('ann', { answers: {} });
    const { transport, routes } = stage.session(client);
    const backchannel = backchannelOf(transport);
    expect(backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });

    const logging = await startCall(client, 'log');
    await textOf(logging);
    const asking = await startCall(client, 'ask');
    const { message: question } = await client.next(({ message }) => message.method === ELICITATION, 0);

    expect(backchannel.snapshot()).toEqual({
      inFlight: [{ session: client.sessionId, id: asking.id, method: 'tools/call' }],
      openExchanges: 1,
      parked: 0,
    });
    expect(routes).toEqual([
      {
        session: client.sessionId,
        method: 'notifications/message',
        id: undefined,
        requested: undefined,
        to: 'request',
        relatedRequestId: logging.id,
        evidence: 'context',
        outcome: 'delivered',
        error: undefined,
        waitedMs: expect.any(Number) as number,
      },
      {
        session: client.sessionId,
        method: ELICITATION,
        id: question.id,
        requested: undefined,
        to: 'request',
        relatedRequestId: asking.id,
        evidence: 'context',
        outcome: 'delivered',
        error: undefined,
        waitedMs: expect.any(Number) as number,
      },
    ]);
    for (const { waitedMs } of routes) expect(waitedMs).toBeGreaterThanOrEqual(0);

    await client.reply(question.id, { action: 'decline' });
    await textOf(asking);
    expect(backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
  });

  it('shows each message in both directions, as its sender gave it', async () => {
    const stage = await open('in-memory', { kind });
    const client = await stage.connect('ann');
    const backchannel = backchannelOf(stage.session(client).transport);
    const seen: unknown[] = [];
    backchannel.inbound$.subscribe(({ message }) => seen.push(['in', message.method ?? 'answer', message.id]));
    backchannel.outbound$.subscribe(({ message, options }) =>
      seen.push(['out', message.method ?? 'answer', message.id, options?.relatedRequestId]),
    );

    const call = await startCall(client, 'ask');
    await textOf(call);
    const [question] = client.arrivals.filter(({ message }) => message.method === ELICITATION);

    expect(seen).toEqual([
      ['in', 'tools/call', call.id],
      ['out', ELICITATION, question?.message.id, undefined],
      ['in', 'answer', question?.message.id],
      ['out', 'answer', call.id, undefined],
    ]);
  });

  it('ends with the session', async () => {
    const stage = await open('in-memory', { kind });
    const client = await stage.connect();
    const { transport } = stage.session(client);
    const { routes$, inbound$, outbound$ } = backchannelOf(transport);
    const ended = [routes$, inbound$, outbound$].map(completionOf);
    await client.delete();
    await Promise.all(ended);
    expect(backchannelOf(transport).snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
  });
});

async function completionOf(source: Observable<unknown>): Promise<void> {
  return new Promise((complete) => source.subscribe({ complete }));
}
