/** Stories as a proxy tells them, in records. */
import type { EventRecord } from '../../src/telemetry/record.js';

type Kind = EventRecord['kind'];
type Of<K extends Kind> = Extract<EventRecord, { kind: K }>;
type Given<K extends Kind> = Omit<Of<K>, 'kind' | 'at' | 'session' | 'client'>;

/** When the stories begin. */
export const START: number = Date.UTC(2026, 10, 29, 12, 0, 0);

/** Tells of one session. Times are milliseconds from {@link START}. */
export class Story {
  readonly records: EventRecord[] = [];
  #nextQuestion = 0;

  constructor(
    readonly session: string,
    readonly client = 'a-client',
    private readonly from: number = START,
  ) {}

  tell<K extends Kind>(kind: K, at: number, given: Given<K>): this {
    const { session, client } = this;
    this.records.push({ kind, at: this.from + at, session, client, ...given } as unknown as EventRecord);
    return this;
  }

  open(at = 0): this {
    this.tell('session-opened', at, { isOfModern: false });
    return this.tell('backend-started', at, { pid: 4321 });
  }

  call(at: number, id: number, target = 'navigate'): this {
    return this.tell('call', at, { id, method: 'tools/call', target });
  }

  end(at: number, id: number, more: Partial<Given<'call-ended'>> = {}): this {
    const call = this.records.findLast((one) => one.kind === 'call' && one.id === id);
    const durationMs = call === undefined ? 10 : this.from + at - call.at;
    const nothing = { code: undefined, error: undefined };
    const own = { id, method: 'tools/call', target: 'navigate', durationMs, outcome: 'result' as const };
    return this.tell('call-ended', at, { ...own, ...nothing, ...more });
  }

  /** The backend asks, and the question is sent, parked or refused. Returns its id. */
  ask(at: number, route: Partial<Given<'route'>>, method = 'elicitation/create'): number {
    const id = this.#nextQuestion++;
    this.tell('question', at, { id, method, target: undefined });
    this.route(at, id, route, method);
    return id;
  }

  route(at: number, id: number, route: Partial<Given<'route'>>, method = 'elicitation/create'): this {
    const sent = { to: 'request', evidence: 'sole', outcome: 'delivered', waitedMs: 0 } as const;
    return this.tell('route', at, { id, method, call: undefined, error: undefined, ...sent, ...route });
  }

  answer(at: number, id: number, more: Partial<Given<'answer'>> = {}): this {
    const own = { id, method: 'elicitation/create', target: undefined, durationMs: 1, error: undefined };
    return this.tell('answer', at, { ...own, by: 'client', outcome: 'accept', ...more });
  }
}

/** In the order in which they happened. */
export function inOrder(...stories: readonly Story[]): EventRecord[] {
  return stories.flatMap(({ records }) => records).sort((one, other) => one.at - other.at);
}

const NOWHERE = { to: 'nowhere', evidence: undefined, call: undefined } as const;

/** A session for each way in which a call hangs, or is lost, and one in which all is well. */
export function hangingCalls(from: number = START): EventRecord[] {
  const well = new Story('a11we110', 'well', from).open();
  well.call(200, 1, 'open_page').end(1_400, 1).call(1_600, 2, 'log_in');
  const question = well.ask(2_000, { call: 2, waitedMs: 3 });
  well.answer(5_200, question).end(5_600, 2).call(6_000, 3, 'read_page').call(6_200, 4, 'screenshot');
  well.end(7_400, 4).end(8_800, 3);

  const backend = new Story('5113ba5e', 'silent-backend', from).open();
  backend.call(800, 1, 'navigate').end(1_500, 1).call(2_000, 2, 'evaluate');

  const client = new Story('c11e4752', 'silent-client', from).open().call(1_000, 1, 'log_in');
  client.ask(2_500, { call: 1, evidence: 'provenance', waitedMs: 4 });

  const stream = new Story('f00d5e55', 'no-stream', from).open().call(1_200, 1, 'log_in');
  stream.ask(3_000, { ...NOWHERE, outcome: 'parked', waitedMs: 1 });

  const dead = new Story('dead0bac', 'dead-backend', from).open().call(900, 1, 'crash').call(1_400, 2, 'evaluate');
  const reason = 'the backend has closed the connection (ended with code 1)';
  dead.tell('backend-ended', 6_000, { reason, by: 'backend', signal: undefined, exitCode: 1 });
  for (const id of [1, 2]) dead.end(6_010, id, { outcome: 'session-ended', code: -32000, error: reason });
  dead.tell('session-ended', 6_020, { reason, by: 'backend', durationMs: 6_020 });

  const ambiguous = new Story('a3b19005', 'ambiguous', from).open().call(1_100, 1, 'log_in').call(1_300, 2, 'log_in');
  const refused = ambiguous.ask(4_000, { ...NOWHERE, outcome: 'refused', error: 'AMBIGUOUS', waitedMs: 0 });
  ambiguous.answer(4_001, refused, { by: 'proxy', outcome: 'error', error: 'AMBIGUOUS' });
  return inOrder(well, backend, client, stream, dead, ambiguous);
}
