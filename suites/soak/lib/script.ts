/** The instructions that a client gives the backend in one call, and the backend's report at the end. */

/** Messages that expect no answer. `news` is about the session: it belongs to no call. */
export type Kind = 'progress' | 'log' | 'news';

export type Question = 'elicitation/create' | 'sampling/createMessage' | 'roots/list';

export type Step =
  | { readonly say: Kind; readonly count: number }
  /** So many questions at once; the next step waits for their answers. */
  | { readonly ask: Question; readonly count: number };

/** The arguments of the tool `work`. */
export interface Script {
  /** In this call, on its own behalf. */
  readonly steps: readonly Step[];
  /** When the call has been answered, on nobody's behalf. */
  readonly afterwards: readonly Step[];
  /**
   * The client will cancel this call or leave it: the backend makes sure that what it sent before has arrived
   * at the proxy, by a ping that comes behind it.
   */
  readonly isFragile: boolean;
  /** How long the backend waits for the answer to a question. */
  readonly patienceMs: number;
  /** One question that the client does not answer. It has no end but that of the session. */
  readonly isHeld: boolean;
}

/** The result of the tool `settle`, after which the backend sends nothing more. */
export interface Tally {
  /** Serials run from 1 to these, on behalf of a call and on nobody's. */
  readonly sent: Readonly<Record<Behalf, number>>;
  /** Questions by what came of them. Pings are not among them. */
  readonly questions: Readonly<Record<Behalf, Readonly<Record<Outcome, number>>>>;
  /** What ought not to have happened. */
  readonly complaints: readonly string[];
}

/** On behalf of a call, or of none. */
export type Behalf = 'call' | 'none';

export type Outcome = 'answered' | 'refused' | 'timedOut' | 'withdrawn' | 'held';

/** Where a server-initiated message carries its serial: `<session>/<behalf>/<number>`. */
export const SERIAL = 'soak/serial';
