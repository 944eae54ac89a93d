/** Every situation that the doctor tries, in the order in which it tells of them. */
import { isFault, PROXY_ENDED, type Finding, type SituationId } from './findings.js';
import { hasFailed, Questioning, TIMES } from './questions.js';
import { droppedPost, lateGet } from './situations/away.js';
import { findingOf, findingOfAll, findingOfEight } from './situations/asking.js';
import { cancel } from './situations/cancel.js';
import { listChanged } from './situations/list-changed.js';
import { logs, progress, roots, sampling } from './situations/one-message.js';
import { twoSessions } from './situations/two-sessions.js';
import { Stage, type Target } from './stage.js';

export interface Situation {
  readonly id: SituationId;
  readonly title: string;
  /** The client has to answer, or the backend to remember, which takes a session if the first question shows so. */
  readonly takesSession?: true;
  readonly run: (stage: Stage, observed: Observed) => Promise<Finding>;
}

/** What a situation hands on to those after it. */
export class Observed {
  /** What was found, the end of the proxy included. */
  readonly findings = new Map<SituationId, Finding>();
  readonly #stage: Stage;
  /** Sessions that several situations ask in, one after the other. */
  readonly #asking: Readonly<Record<'without' | 'withGet', Questioning>>;

  constructor(target: Target, timeoutMs: number) {
    this.#stage = new Stage(target, timeoutMs);
    const { open, openWithGet, tool } = this.#stage;
    this.#asking = {
      without: new Questioning({ open, tool, timeoutMs }),
      withGet: new Questioning({ open: openWithGet, tool, timeoutMs }),
    };
  }

  /** Asks up to so many questions. @param from the number of the first that is to be judged */
  async ask(which: 'without' | 'withGet', count: number, from: number): Promise<Finding> {
    const questioning = this.#asking[which];
    const { hasStreams } = this.#stage;
    const ended = (['first', 'second'] as const).find((id) => this.#isOver(id));
    if (which === 'without' && from > 1 && ended !== undefined) return because(ended);
    await questioning.askUpTo(count, which === 'without' ? 2 : 1);
    const { seen } = questioning;
    const failed = seen.findIndex(hasFailed);
    if (from > 2 && (failed === 0 || failed === 1)) return because(failed === 0 ? 'first' : 'second');
    const one = seen[from - 1];
    if (count === from && one !== undefined) return findingOf(one, hasStreams);
    return findingOfAll(seen, hasStreams, from);
  }

  async eight(which: 'without' | 'withGet'): Promise<Finding> {
    try {
      return findingOfEight(await this.#asking[which].eight(), this.#stage.hasStreams);
    } finally {
      await this.#stage.close();
    }
  }

  /** No session is left of before. */
  async proxyEnded(): Promise<void> {
    this.#asking.without.forget();
    this.#asking.withGet.forget();
    await this.#stage.close();
  }

  async close(): Promise<void> {
    await this.#stage.close();
  }

  #isOver(id: SituationId): boolean {
    return PROXY_ENDED.test(this.findings.get(id)?.detail ?? '');
  }
}

function because(id: SituationId): Finding {
  return { verdict: 'untried', detail: `because of the ${id}` };
}

const ONE_STREAM: Finding = { verdict: 'unsupported', detail: 'there is one stream only' };

const NO_SESSIONS: Finding = { verdict: 'untried', detail: 'the proxy has no sessions' };

/** What is said of a situation without trying it, if there is no point in trying. */
export function untried(
  { takesSession }: Situation,
  { hasSessions }: Target,
  { findings }: Observed,
): Finding | undefined {
  const first = findings.get('first');
  return takesSession && hasSessions === false && first !== undefined && isFault(first) ? NO_SESSIONS : undefined;
}

export const ALL: readonly Situation[] = [
  { id: 'first', title: 'first question', run: async (_stage, observed) => observed.ask('without', 1, 1) },
  {
    id: 'second',
    title: 'second question',
    takesSession: true,
    run: async (_stage, observed) => observed.ask('without', 2, 2),
  },
  {
    id: 'twentieth',
    title: 'twentieth question',
    takesSession: true,
    run: async (_stage, observed) => observed.ask('without', TIMES, 3),
  },
  {
    id: 'eight',
    title: 'eight calls at once',
    takesSession: true,
    run: async (_stage, observed) => observed.eight('without'),
  },
  {
    id: 'with-get',
    title: 'questions, GET open',
    takesSession: true,
    run: async ({ hasStreams }, observed) => (hasStreams ? observed.ask('withGet', TIMES, 1) : ONE_STREAM),
  },
  {
    id: 'eight-with-get',
    title: 'eight at once, GET open',
    takesSession: true,
    run: async ({ hasStreams }, observed) => (hasStreams ? observed.eight('withGet') : ONE_STREAM),
  },
  { id: 'sampling', title: 'sampling', takesSession: true, run: sampling },
  { id: 'roots', title: 'roots', takesSession: true, run: roots },
  { id: 'progress', title: 'progress', run: progress },
  { id: 'logs', title: 'logs', run: logs },
  { id: 'dropped-post', title: 'dropped POST, GET open', takesSession: true, run: droppedPost },
  { id: 'late-get', title: 'GET opened late', takesSession: true, run: lateGet },
  { id: 'list-changed', title: 'list_changed, GET open', run: listChanged },
  { id: 'cancel', title: 'cancelled call', takesSession: true, run: cancel },
  { id: 'two-sessions', title: 'two sessions, GET open', run: twoSessions },
];
