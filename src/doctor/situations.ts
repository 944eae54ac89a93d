/** Every situation that the doctor tries, in the order in which it tells of them. */
import type { Finding, SituationId } from './findings.js';
import { observeQuestions, type Questions } from './questions.js';
import { droppedPost, lateGet } from './situations/away.js';
import { findingOf, findingOfAll, findingOfEight, findingOfTwentieth } from './situations/asking.js';
import { cancel } from './situations/cancel.js';
import { listChanged } from './situations/list-changed.js';
import { logs, progress, roots, sampling } from './situations/one-message.js';
import { twoSessions } from './situations/two-sessions.js';
import type { Stage } from './stage.js';

export interface Situation {
  readonly id: SituationId;
  readonly title: string;
  readonly run: (stage: Stage, questions: Observed) => Promise<Finding>;
}

/** Questions that several situations look at are asked once. */
export class Observed {
  readonly #seen = new Map<boolean, Promise<Questions>>();

  /** @param standalone whether the client holds the standalone stream */
  async questions({ open, openWithGet, tool, timeoutMs }: Stage, standalone: boolean): Promise<Questions> {
    const known = this.#seen.get(standalone);
    if (known !== undefined) return known;
    const seen = observeQuestions({ open: standalone ? openWithGet : open, tool, timeoutMs });
    this.#seen.set(standalone, seen);
    return seen;
  }
}

const ONE_STREAM: Finding = { verdict: 'unsupported', detail: 'there is one stream only' };

export const ALL: readonly Situation[] = [
  {
    id: 'first',
    title: 'first question',
    run: async (stage, observed) => findingOf((await observed.questions(stage, false)).first, stage.hasStreams),
  },
  {
    id: 'second',
    title: 'second question',
    run: async (stage, observed) => findingOf((await observed.questions(stage, false)).second, stage.hasStreams),
  },
  {
    id: 'twentieth',
    title: 'twentieth question',
    run: async (stage, observed) => findingOfTwentieth(await observed.questions(stage, false), stage.hasStreams),
  },
  {
    id: 'eight',
    title: 'eight calls at once',
    run: async (stage, observed) => findingOfEight((await observed.questions(stage, false)).eight, stage.hasStreams),
  },
  {
    id: 'with-get',
    title: 'questions, GET open',
    run: async (stage, observed) =>
      stage.hasStreams ? findingOfAll(await observed.questions(stage, true), true) : ONE_STREAM,
  },
  {
    id: 'eight-with-get',
    title: 'eight at once, GET open',
    run: async (stage, observed) =>
      stage.hasStreams ? findingOfEight((await observed.questions(stage, true)).eight, true) : ONE_STREAM,
  },
  { id: 'sampling', title: 'sampling', run: sampling },
  { id: 'roots', title: 'roots', run: roots },
  { id: 'progress', title: 'progress', run: progress },
  { id: 'logs', title: 'logs', run: logs },
  { id: 'dropped-post', title: 'dropped POST, GET open', run: droppedPost },
  { id: 'late-get', title: 'GET opened late', run: lateGet },
  { id: 'list-changed', title: 'list_changed, GET open', run: listChanged },
  { id: 'cancel', title: 'cancelled call', run: cancel },
  { id: 'two-sessions', title: 'two sessions, GET open', run: twoSessions },
];
