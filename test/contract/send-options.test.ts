/** The options of `send()` reach the transport as they came, but for the related id: C8. */
import { afterEach, describe, expect, it } from 'vitest';
import { Rigs, SIDES } from './rig/rig.js';

const OPTIONS = Object.freeze({
  resumptionToken: 'r',
  onresumptiontoken: () => undefined,
  requestSignal: AbortSignal.abort(),
  headers: Object.freeze({ a: 'b' }),
  authInfo: { token: 't', clientId: 'c', scopes: [] },
  /** Of a transport that nobody knows. */
  own: undefined,
});
const DEAD = Object.freeze({ ...OPTIONS, relatedRequestId: 'dead' });

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C8: send options are passed on by identity, and not changed, where nothing changes', async () => {
    const rig = await rigs.open(side);
    // Where the client holds no stream, a message that belongs to none waits for one.
    if (side.kind.hasStreams) await rig.strict.openGet();
    await rig.log('unrelated', OPTIONS);
    if (side.wrapped) await rig.arrival('unrelated');
    await rig.request(1);
    const related = Object.freeze({ ...OPTIONS, relatedRequestId: 1 });
    await rig.log('related', related);
    await rig.respond(1, OPTIONS);
    const expected = [OPTIONS, related, OPTIONS];
    expect(rig.sent).toHaveLength(expected.length);
    rig.sent.forEach((sent, n) => {
      expect(sent.options).toBe(expected[n]);
    });
  });

  it('C8: on the stream of another request, all but the related id is as it came, and nothing is added', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    // The bare transport has no stream for this.
    await rig.log('dead', DEAD).catch(() => undefined);
    expect(rig.sent[0]?.options).toStrictEqual(side.wrapped ? { ...OPTIONS, relatedRequestId: 1 } : DEAD);
    if (!side.wrapped) return;
    await rig.log('none');
    expect(rig.sent[1]?.options).toStrictEqual({ relatedRequestId: 1 });
  });

  it('C8: on the standalone stream, all but the related id is as it came, and nothing is added', async () => {
    const rig = await rigs.open(side);
    if (side.kind.hasStreams) await rig.strict.openGet();
    await rig.log('dead', DEAD).catch(() => undefined);
    if (side.wrapped) await rig.arrival('dead');
    expect(rig.sent[0]?.options).toStrictEqual(side.wrapped ? OPTIONS : DEAD);
  });
});
