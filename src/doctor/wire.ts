import type { Arrival, Message } from './messages.js';

/** What a proxy speaks with its clients. `sse` is the older HTTP+SSE, where all messages come on one stream. */
export type WireKind = 'streamable-http' | 'sse' | 'stdio';

/** One message under way to the proxy. */
export interface Exchange {
  /** Settles when the answer begins. Rejects if that refuses the message. */
  readonly begun: Promise<void>;
  /** Settles when the answer is over. Rejects if the message was refused, or the connection broke. */
  readonly ended: Promise<void>;
  /** Breaks it off, and tells the server nothing. */
  drop(): void;
}

/** The standalone stream: `silent` if it was asked for, and nothing has been answered. It may be open all the same. */
export type Standalone = 'open' | 'silent' | 'none';

/** How a client reaches the proxy: one session. */
export interface Wire {
  readonly kind: WireKind;
  /** Whether what is sent belongs to a session. One without ids cannot tell whose an answer is. */
  readonly hasSession: boolean;
  send(message: Message): Exchange;
  /** The revision that was agreed on. */
  agreed(protocolVersion: string): void;
  openStandalone(): Promise<Standalone>;
  /** Ends the session properly, and then breaks everything off. */
  close(): Promise<void>;
}

/** Opens a wire whose messages go to `receive`. */
export type Connect = (receive: (arrival: Arrival) => void) => Wire;
