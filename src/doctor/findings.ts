/** What the doctor says of a situation. */

/**
 * - `works`: it does what the protocol promises
 * - `hangs`: a call of the client gets no answer in time
 * - `lost`: a message did not come, and its sender was not told
 * - `crosses`: a message came on the stream of another call, or to another session
 * - `refused`: an error came in its place, in time
 * - `unsupported`: the proxy does not offer what it takes
 */
export type Verdict = 'works' | 'hangs' | 'lost' | 'crosses' | 'refused' | 'unsupported';

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

/** What is wrong with a proxy that has it. */
export function isFault({ verdict }: Finding): boolean {
  return verdict !== 'works' && verdict !== 'unsupported';
}
