import type { Call } from './observe.js';

/** What a backend can be made to do. */
export interface Work {
  readonly elicit: Call;
  readonly sample: Call;
  readonly roots: Call;
  readonly progress: Call;
  readonly log: Call;
  /** Calls to be under way together, each of which elicits. */
  readonly concurrent: readonly Call[];
}
