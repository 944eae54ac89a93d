import type { AdoptableSession, Adoptions, BackendSession, KeptSession, LiveSession } from '../cluster/adoptable.js';
import type { RequestMessage } from '../routing/message.js';

/** What the record of a session needs to know of it. */
export interface RecordedSession {
  readonly id: string | undefined;
  readonly credential: { readonly key: string };
  readonly backendSession: BackendSession | undefined;
  /** Another node has adopted it. */
  lost(): void;
}

/** Lets other nodes adopt a session when this node is gone, or lets go of it. */
export class Adoptability {
  #kept: KeptSession | undefined;
  #isReleased = false;
  #isOver = false;

  constructor(
    private readonly adoptions: Adoptions | undefined,
    private readonly session: RecordedSession,
  ) {}

  /** Begins the record if the backend lets others go on with its session. */
  readonly begin = (initialize: RequestMessage, result: unknown, keep?: (live: LiveSession) => KeptSession): void => {
    const { id, backendSession } = this.session;
    if (this.#isOver || this.adoptions === undefined || id === undefined || backendSession === undefined) return;
    const live: LiveSession = {
      id,
      current: (): AdoptableSession | undefined => {
        const { credential, backendSession: backend } = this.session;
        return backend && { credential: credential.key, initialize, result, backend };
      },
      lost: () => {
        this.session.lost();
      },
    };
    this.#kept = keep === undefined ? this.adoptions.keep(live) : keep(live);
  };

  /** The session ends here, and another node may go on with it. @returns whether it can */
  letGo(): boolean {
    this.#isReleased = this.#kept !== undefined;
    return this.#isReleased;
  }

  /**
   * The session begins to end.
   *
   * @param ended resolves when nothing of it is read any more. Only then may others go on with it
   */
  async end(ended: Promise<void>): Promise<void> {
    this.#isOver = true;
    if (this.#isReleased) await ended.then(() => this.#kept?.release());
    else await Promise.all([ended, this.#kept?.forget()]);
  }
}
