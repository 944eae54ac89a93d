/** One standalone stream replaces another, and the end of the old one may be seen after the beginning of the new. */
import { describe, expect, test } from 'vitest';
import { MemoryEventStore } from '../../support/event-store.js';
import { lives } from '../../support/lives.js';
import { ACCEPT } from '../../support/accept.js';

const open = lives();

describe.each([true, false])('wrapped: %s', (wrapped) => {
  test('a client that drops its GET and opens another at once, twenty times, is asked on the last', async () => {
    const live = await open({ wrapped, client: { answers: ACCEPT } });
    let standalone = await live.openGet();
    for (let round = 0; round < 20; round++) {
      standalone.drop();
      standalone = await live.openGet();
      expect(standalone.status).toBe(200);
    }
    expect(await live.ask('still there?')).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'still there?', stream: 'GET' }]);
    if (wrapped) expect(live.routes).toMatchObject([{ to: 'standalone', outcome: 'delivered' }]);
  });

  test('a second GET is refused while the first is open, which stays the standalone stream', async () => {
    const live = await open({ wrapped, client: { answers: ACCEPT } });
    await live.openGet();
    const refused = await live.client.openGet();
    expect(refused.status).toBe(409);
    expect(await live.ask('still there?')).toMatchObject({ action: 'accept' });
    if (wrapped) expect(live.routes).toMatchObject([{ to: 'standalone', outcome: 'delivered' }]);
  });

  test('a GET that resumes the standalone stream while it is open ends the old one, and is asked itself', async () => {
    const transport = { eventStore: new MemoryEventStore() };
    const live = await open({ wrapped, transport, client: { answers: ACCEPT } });
    let standalone = await live.openGet();
    for (let round = 0; round < 20; round++) {
      const changed = live.client.next(({ eventId }) => eventId !== undefined);
      await live.server.sendToolListChanged();
      const { eventId } = await changed;
      const old = standalone;
      standalone = await live.client.openGet(eventId);
      await old.ended;
    }
    expect(await live.ask('still there?')).toMatchObject({ action: 'accept' });
    expect(live.questions).toEqual([{ message: 'still there?', stream: 'GET' }]);
    if (wrapped)
      expect(live.routes.every(({ to, outcome }) => to === 'standalone' && outcome === 'delivered')).toBe(true);
  });
});

test('when the last GET is dropped too, a question waits for the next', async () => {
  const live = await open({ client: { answers: ACCEPT } });
  await live.drop(await live.openGet());
  const answer = live.ask('still there?');
  expect(live.routes).toMatchObject([{ outcome: 'parked' }]);
  await live.openGet();
  expect(await answer).toMatchObject({ action: 'accept' });
});

test('bare: when the last GET is dropped too, a question is lost', async () => {
  const live = await open({ wrapped: false, client: { answers: ACCEPT } });
  await live.drop(await live.openGet());
  void live.ask('still there?');
  await live.openGet();
  const logged = live.client.next(({ message }) => message.method === 'notifications/message');
  await live.server.sendLoggingMessage({ level: 'info', data: 'the next message' });
  await logged;
  expect(live.questions).toEqual([]);
});
