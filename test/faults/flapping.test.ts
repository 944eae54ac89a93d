/**
 * The client opens and drops its standalone stream as fast as it can, and all the time it is sent to. Run by itself on
 * two cores that was 140 to 220 times a second, and 70 next to other tests. How often it was is told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { BackchannelOptions } from 'mcp-backchannel';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { MemoryEventStore } from '../support/event-store.js';
import type { Live } from '../support/live.js';
import { lives } from '../support/lives.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { IS_LONG } from './long.js';
import { ACCEPT } from '../support/accept.js';
import { HTTP_TRANSPORTS } from '../support/transports.js';

nothingIsLeft();
const FLAPS = IS_LONG ? 1_000 : 100;
/** How long it reads what comes, and how long it is away. */
const GAP_MS = 1;
const LAST = 'the last';

type Open = ReturnType<typeof lives>;

/** A message that the SDK's transport was given to write. */
interface Handed {
  readonly data: unknown;
  /** How many standalone streams the client had asked for by then. */
  readonly gets: number;
  /** The client had dropped its stream and asked for no other: nobody can read this. */
  readonly isVoid: boolean;
}

/** What was sent to a client that flaps, and what became of it. */
class Flapping {
  readonly handed: Handed[] = [];
  readonly questions: Promise<unknown>[] = [];
  live!: Live;
  sent = 0;
  #gets = 0;
  #isAway = false;

  static async run(open: Open, backchannel: BackchannelOptions, eventStore?: MemoryEventStore): Promise<Flapping> {
    const flapping = new Flapping();
    flapping.live = await open({
      backchannel,
      client: { answers: ACCEPT },
      ...(eventStore && { transport: { eventStore } }),
      onBare: (bare) => flapping.#spy(bare),
    });
    const over = new AbortController();
    const flaps = flapping.#flap(eventStore === undefined).finally(() => over.abort());
    await Promise.all([flaps, flapping.#send(over.signal)]);
    await flapping.#sendLast();
    return flapping;
  }

  /** The numbers that reached the client. */
  get came(): number[] {
    return numbersOf(this.live.client.arrivals.map(({ message }) => message));
  }

  /** What became of the notifications in the end, as it was reported. */
  get reported(): { readonly delivered: number; readonly refused: number } {
    const ended = this.live.routes.filter(({ method }) => method === 'notifications/message');
    const count = (wanted: string): number => ended.filter(({ outcome }) => outcome === wanted).length;
    const [delivered, refused] = [count('delivered'), count('refused')];
    expect(delivered + refused + count('parked'), 'no other outcome').toBe(ended.length);
    return { delivered, refused };
  }

  async #flap(staysAway: boolean): Promise<void> {
    const since = performance.now();
    for (let flap = 0; flap < FLAPS; flap++) {
      const something = this.live.client.next(({ stream }) => stream === 'GET');
      const opened = await this.#open();
      // All the time it is sent to: it may go at any moment after the first of it.
      await something;
      await sleep(GAP_MS);
      this.#isAway = true;
      opened.drop();
      // Once it is away until what waits for it has waited for too long.
      if (staysAway && flap === FLAPS / 2) await this.live.route(({ outcome }) => outcome === 'refused');
      else await sleep(GAP_MS);
    }
    const perSecond = Math.round(FLAPS / ((performance.now() - since) / 1_000));
    console.log(`FLAPS_PER_SECOND=${perSecond}`);
  }

  async #open() {
    const last = this.live.client.arrivals.findLast(({ stream }) => stream === 'GET');
    this.#isAway = false;
    return this.live.openGet(last?.eventId);
  }

  async #send(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.live.server.sendLoggingMessage({ level: 'info', data: this.sent++ });
      if (this.sent % 10 === 0) this.questions.push(this.live.ask(String(this.sent)));
      await sleep(1);
    }
  }

  /** Whatever waits still is delivered before this one. */
  async #sendLast(): Promise<void> {
    const last = this.live.client.next(({ message }) => dataOf(message) === LAST);
    await this.#open();
    await this.live.server.sendLoggingMessage({ level: 'info', data: LAST });
    await last;
  }

  #spy(bare: StreamableHTTPServerTransport): void {
    const send = bare.send.bind(bare);
    bare.send = async (message, options) => {
      const data = dataOf(message as Message);
      if (data !== undefined) this.handed.push({ data, gets: this.#gets, isVoid: this.#isAway });
      return send(message, options);
    };
    const handle = bare.handleRequest.bind(bare);
    bare.handleRequest = async (request, response, body) => {
      if (request.method === 'GET') this.#gets += 1;
      return handle(request, response, body);
    };
  }
}

function dataOf({ method, params }: Message): unknown {
  return method === 'notifications/message' ? (params as { readonly data: unknown }).data : undefined;
}

function numbersOf(messages: readonly Message[]): number[] {
  return messages.map(dataOf).filter((data) => typeof data === 'number');
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

describe.each(HTTP_TRANSPORTS)('over $transport', (kind) => {
  const open = lives(kind);

  test('with an event store, all that was sent comes to the client, once and in order', async () => {
    // Nothing may expire, however slow the machine is.
    const flapping = await Flapping.run(
      open,
      { parkTimeoutMs: 60_000, orphanTimeoutMs: 60_000 },
      new MemoryEventStore(),
    );
    const { came, sent, reported, questions } = flapping;
    expect(sent).toBeGreaterThan(FLAPS);
    expect(came).toEqual(upTo(sent));
    expect(reported).toEqual({ delivered: sent + 1, refused: 0 });

    expect(questions.length).toBeGreaterThan(FLAPS / 10);
    await Promise.all(questions);
  });

  /**
   * Without a store, "delivered" means written: what is written to a client that has just dropped its stream, and what it
   * has not read by then, is lost on the wire, and no server sees that. Of such losses it is only checked that each
   * is at the end of what a connection was given; everything else that was sent must have come, or be reported.
   */
  test('without an event store, all that was sent is written once and in order or reported, and lost only with a connection', async () => {
    const flapping = await Flapping.run(open, { parkTimeoutMs: 50, orphanTimeoutMs: 100 });
    const { came, sent, handed, reported, questions, live } = flapping;
    expect(sent).toBeGreaterThan(FLAPS);

    // Written, or reported: each once.
    const written = handed.map(({ data }) => data).filter((data) => typeof data === 'number');
    expect(written).toEqual([...new Set(written)].sort((one, other) => one - other));
    expect(reported).toEqual({ delivered: written.length + 1, refused: sent - written.length });
    expect(reported.refused).toBeGreaterThan(0);
    expect(live.errors.filter(({ code }) => code === 'PARK_TIMEOUT')).toHaveLength(reported.refused);

    // Once, in order, and much of it.
    expect(came).toEqual(written.filter((data) => came.includes(data)));
    expect(came.length).toBeGreaterThan(sent / 4);
    const arrived = new Set<unknown>([...came, LAST]);
    for (const [at, { data, gets, isVoid }] of handed.entries()) {
      if (isVoid) expect(arrived, 'read by nobody').not.toContain(data);
      const isNext = handed[at + 1]?.gets === gets;
      if (isNext && !arrived.has(data)) expect(arrived, 'lost from the middle').not.toContain(handed[at + 1]?.data);
    }

    // A question that was lost on the wire fails when the client is gone for good.
    live.client.vanish();
    const answers = await Promise.allSettled(questions);
    expect(answers.length).toBeGreaterThan(FLAPS / 10);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(String(answer.reason)).toMatch(/nobody will answer it|opened no stream/);
    }
    // What flaps so fast loses many on the wire, and by no means all.
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(answers.length / 10);
  });
});
