/** What waits, and for how long. Each test is two diagrams: what happens, and what `routes$` tells. */
import { describe, expect, test } from 'vitest';
import { answer, elicit, notification, request } from '../support/messages.js';
import { closeTimeRigs, TIME_RIGS } from './rigs.js';
import { play, type Happens } from './stage.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill(closeTimeRigs);

const asks =
  (id: string): Happens =>
  ({ transport }) => {
    // What becomes of it is told on `routes$`.
    transport.send(elicit(id)).catch(() => undefined);
  };
const tells =
  (method: string): Happens =>
  ({ transport }) =>
    transport.send(notification(method));
const posts =
  (id: number): Happens =>
  ({ post }) =>
    post(request(id));
const opensGet: Happens = ({ get }) => get();
const CHANGED = 'notifications/tools/list_changed';
const told = (what: string): string => `${CHANGED} ${what}`;

/** A connection that is opened in one frame, and dropped in another. */
function connection(open: Happens): { readonly opens: Happens; readonly drops: Happens } {
  let response: { disconnect(): void } | undefined;
  return {
    opens: (rig) => {
      response = open(rig) as { disconnect(): void };
    },
    drops: () => {
      response?.disconnect();
    },
  };
}

const storesIn =
  (...delays: readonly number[]): Happens =>
  (rig) => {
    rig.storesIn(...delays);
  };

describe.each(TIME_RIGS)('over $transport', ({ open, openWithStore }) => {
  test('a question waits for a stream, and leaves in the frame in which one opens', async () => {
    await play(
      open({ parkTimeoutMs: 100 }),
      ['a 49ms p 100ms |', { a: asks('a'), p: posts(7) }],
      ['w 49ms d', { w: 'a parked after 0', d: 'a delivered 7 after 50' }],
    );
  });

  test('each waits for its own parkTimeoutMs, whatever came before it', async () => {
    await play(
      open({ parkTimeoutMs: 100 }),
      ['a 29ms b 200ms |', { a: asks('a'), b: asks('b') }],
      [
        'a 29ms b 69ms x 29ms y',
        { a: 'a parked after 0', b: 'b parked after 0', x: 'a PARK_TIMEOUT after 100', y: 'b PARK_TIMEOUT after 100' },
      ],
    );
  });

  test('a stream that opens when time is over comes too late', async () => {
    await play(
      open({ parkTimeoutMs: 100 }),
      ['a 99ms p 50ms |', { a: asks('a'), p: posts(7) }],
      ['w 99ms x', { w: 'a parked after 0', x: 'a PARK_TIMEOUT after 100' }],
    );
  });

  test('news wait for GET alone, and after parkTimeoutMs for any stream', async () => {
    await play(
      open({ parkTimeoutMs: 100 }),
      ['p 9ms n 200ms |', { p: posts(7), n: tells(CHANGED) }],
      ['10ms w 99ms d', { w: `${CHANGED} parked after 0`, d: `${CHANGED} delivered 7 after 100` }],
    );
  });

  test('who says the same again waits in the place of the first, no longer than the first', async () => {
    const again = `${CHANGED} parked after 0`;
    await play(
      open({ parkTimeoutMs: 100, sessionWide: 'standalone-only' }),
      ['n 59ms m 200ms |', { n: tells(CHANGED), m: tells(CHANGED) }],
      [
        'n 59ms (sm) 36ms x',
        { n: again, m: again, s: `${CHANGED} superseded after 60`, x: `${CHANGED} PARK_TIMEOUT after 40` },
      ],
    );
  });

  test('a question is an orphan when its client has been gone for orphanTimeoutMs', async () => {
    const { opens, drops } = connection(posts(7));
    await play(
      open({ orphanTimeoutMs: 100 }),
      ['o a 48ms d 200ms |', { o: opens, a: asks('a'), d: drops }],
      ['-d 148ms o', { d: 'a delivered 7 after 0', o: 'a ORPHANED after 149' }],
    );
  });

  test('a client that comes and goes is there: its time starts anew', async () => {
    const call = connection(posts(7));
    const stream = connection(opensGet);
    await play(
      open({ orphanTimeoutMs: 100 }),
      ['oad 79ms g 4ms h 200ms |', { o: call.opens, a: asks('a'), d: call.drops, g: stream.opens, h: stream.drops }],
      ['-d 185ms o', { d: 'a delivered 7 after 0', o: 'a ORPHANED after 186' }],
    );
  });

  test('what the store of events takes its time for leaves in order, and the answer leaves last', async () => {
    const rig = openWithStore({});
    await play(
      rig,
      [
        '(spab) 45ms r 200ms |',
        {
          s: storesIn(60, 10),
          p: posts(7),
          a: asks('a'),
          b: asks('b'),
          r: ({ transport }) => transport.send(answer(7)),
        },
      ],
      ['60ms a 9ms b', { a: 'a delivered 7 after 60', b: 'b delivered 7 after 70' }],
    );
    expect(rig.written()).toEqual(['a', 'b', 7]);
  });

  test('a store that does not answer holds up its own stream for 30 seconds, and no other', async () => {
    await play(
      openWithStore({}),
      ['(spaqb) 40s |', { s: storesIn(Infinity, 10), p: posts(7), a: asks('a'), q: posts(8), b: asks('b') }],
      ['10ms b 29989ms a', { b: 'b delivered 8 after 10', a: 'a WRITE_TIMEOUT after 30000' }],
    );
  });

  test('news waits for a stream that the client has had no time to open, but not for one that it never opens', async () => {
    await play(
      open({ parkTimeoutMs: 100 }),
      ['(pn) 98ms n 19ms n |', { p: posts(7), n: tells(CHANGED) }],
      [
        'w 99ms d 1ms n 19ms n',
        { w: told('parked after 0'), d: told('delivered 7 after 100'), n: told('delivered 7 after 0') },
      ],
    );
  });

  test('news waits for a stream that the client opened once', async () => {
    const stream = connection(opensGet);
    await play(
      open({ parkTimeoutMs: 100 }),
      ['(pgd) 199ms n 49ms |', { p: posts(7), g: stream.opens, d: stream.drops, n: tells(CHANGED) }],
      ['- 203ms w', { w: told('parked after 0') }],
    );
  });
});
