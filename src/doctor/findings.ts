/** What the doctor says of a situation. */

/**
 * - `works`: it does what the protocol promises, or the backend is told that it cannot
 * - `hangs`: a call of the client gets no answer in time
 * - `lost`: a message or its answer was lost, and its sender was not told; or the proxy ended
 * - `crosses`: a message came on the stream of another call, or to another session, or nobody asked the client
 * - `refused`: an error came in its place, in time
 * - `unsupported`: the proxy does not offer what it takes
 * - `untried`: what was found before tells that it would fail
 */
export type Verdict = 'works' | 'hangs' | 'lost' | 'crosses' | 'refused' | 'unsupported' | 'untried';

export interface Finding {
  readonly verdict: Verdict;
  /** In one line. */
  readonly detail: string;
}

export type SituationId =
  | 'first'
  | 'second'
  | 'twentieth'
  | 'eight'
  | 'with-get'
  | 'eight-with-get'
  | 'sampling'
  | 'roots'
  | 'progress'
  | 'logs'
  | 'dropped-post'
  | 'late-get'
  | 'list-changed'
  | 'cancel'
  | 'two-sessions';

export interface SituationFinding extends Finding {
  readonly id: SituationId;
  readonly title: string;
  /** How long it took to find out. */
  readonly ms: number;
}

/** How the detail begins, where the proxy did not survive a situation. */
export const PROXY_ENDED = /^the proxy ended/;

/** What is wrong with a proxy that has it. */
export function isFault({ verdict }: Finding): boolean {
  return verdict !== 'works' && verdict !== 'unsupported' && verdict !== 'untried';
}
