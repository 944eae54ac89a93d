import { randomUUID } from 'node:crypto';
import { after } from '../clock.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { reasonOf } from '../error-answers.js';
import { mayPass, statusOf } from '../http-status.js';

/** Errors come in swarms, and the next may be that of a ping: so long after the first, one question is asked for all. */
const PAUSE_MS = 500;

/**
 * Asks a backend whether it is there. A transport over HTTP tells of a stream that broke off, but not
 * whether the answer that was awaited on it can still come: of a backend that refuses a ping, or cannot be reached,
 * it cannot. Silence says nothing: whoever is at work on a long call may answer its caller and no ping before.
 */
export class Probe {
  /** No client has such ids. */
  readonly #prefix = `mcp-backchannel:${randomUUID()}:`;
  #asked = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(private readonly onLost: (reason: string, cause: unknown) => void) {}

  ask(transport: TransportLike): void {
    this.#cancelTimer ??= after(PAUSE_MS, () => {
      this.#cancelTimer = undefined;
      this.#ping(transport);
    });
  }

  /** @returns whether this message was for the probe alone */
  takes({ id }: JsonRpcMessage): boolean {
    return typeof id === 'string' && id.startsWith(this.#prefix);
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  #ping(transport: TransportLike): void {
    const id = `${this.#prefix}${++this.#asked}`;
    transport.send({ jsonrpc: '2.0', id, method: 'ping' }).catch((error: unknown) => {
      const status = statusOf(error);
      if (status === undefined || (status >= 400 && !mayPass(status)))
        this.onLost(`the backend is gone: ${reasonOf(error)}`, error);
    });
  }
}

/** Whether this only tells that something was written that nobody can read: whoever has written it is there. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError');
}
