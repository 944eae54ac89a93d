import type { Party, PartyOptions } from '../party.js';

/** A client and a server that do the same with each transport. */
export interface Case {
  readonly title: string;
  /** Made anew for each transport. */
  readonly options: () => PartyOptions;
  readonly run: (party: Party) => Promise<unknown>;
}

/** Everything that the owner and the client of a transport were told. */
export type Journal = readonly unknown[];
