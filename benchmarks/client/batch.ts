/** The tools that are called. */
export type Tool = PlainTool | AskingTool;

/** `progress` reports its progress many times, to a client that gives it a token. The others answer at once. */
type PlainTool = 'echo' | 'plain' | 'progress';

/** Ask the user once. */
export const ASKING_TOOLS = ['asking', 'elicit', 'elicit unnamed'] as const;
type AskingTool = (typeof ASKING_TOOLS)[number];

/** The era of a client. */
export type Era = 'legacy' | 'modern';

/** Calls of one tool at one place. */
export interface Batch {
  readonly port: number;
  /** Where the sessions are opened, if not at `port`. */
  readonly opensOn?: number;
  /** Default: `'legacy'`. */
  readonly era?: Era;
  readonly workload: Tool;
  /** Clients that call one after the other, each for itself: in a session of its own, if its era has sessions. */
  readonly concurrency: number;
  /** In all. */
  readonly calls: number;
}

export interface BatchTimes {
  readonly wallMs: number;
  /** Of each call, from its first byte sent to the last byte of its answer. */
  readonly latenciesMs: readonly number[];
}
