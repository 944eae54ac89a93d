/** What stands between the door for modern clients and a modern backend, which need no translation. */

/** A message of a modern client that may be relayed. */
export interface RelayedAsk {
  /** All headers of the client. */
  readonly headers: Headers;
  /** It goes on with a call of which this proxy knows nothing. */
  readonly isRetry: boolean;
}

/** A message of a modern client, as it goes on to the backend. */
export interface RelayedPost {
  /** As the client has sent it. */
  readonly body: string;
  /** The headers that belong to the message. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads the client's headers. The relay passes on those that it is meant to. */
  readonly clientHeaders: Pick<Headers, 'get'>;
}

/** A backend's HTTP answer that is not a message. */
export interface RelayedRefusal {
  readonly status: number;
  /** Those that a client may act on. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it says, for people. */
  readonly message: string;
}

/** Receives the backend's answer. After `whole()`, `refused()`, `ended()` or `broke()` nothing else is called. */
export interface RelayListener {
  /** Whole events of a stream, as the backend has sent them. */
  events(text: string): void;
  /** An answer that is no stream. */
  whole(status: number, headers: Readonly<Record<string, string>>, body: string): void;
  /** An answer that only its status explains, or one that asks for credentials. */
  refused(refusal: RelayedRefusal): void;
  /** The stream has ended. */
  ended(): void;
  /** The backend was not reached, or its answer broke off. */
  broke(reason: Error): void;
}

/** Reaches a backend of revision 2026-07-28 without translating anything. */
export interface ModernRelay {
  /**
   * Sends a message. The listener is called later only.
   *
   * @returns ends it, if the client leaves. The listener is not called any more
   */
  post(post: RelayedPost, listener: RelayListener): () => void;
}
