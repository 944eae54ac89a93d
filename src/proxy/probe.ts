import { randomUUID } from 'node:crypto';
import { after } from '../clock.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { endsWithin } from '../ends-within.js';
import { answerIn, reasonOf } from '../error-answers.js';
import { statusOf } from '../http-status.js';
import { isSessionUnknown } from '../session-unknown.js';

/** Errors come in swarms, and the next may be that of a ping: so long after the first, one question is asked for all. */
const PAUSE_MS = 500;

/** A server that answers in one piece does not begin while it is at work on a call. */
const VERIFY_TIMEOUT_MS = 30_000;

/**
 * Asks a backend whether it is there. A transport over HTTP tells of a stream that broke off, but not whether the answer
 * that was awaited on it can still come: of a backend that cannot be reached, or does not know the session, it cannot.
 * Any other refusal is that of a ping, and of nothing else. Silence says nothing: whoever is at work on a long call may
 * answer its caller and no ping before.
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

  /** Asks under these headers. Rejects if the backend does not take that, or not in time. */
  async verify(transport: TransportLike, headers: Readonly<Record<string, string>>): Promise<void> {
    const id = `${this.#prefix}${++this.#asked}`;
    const taken = transport.send({ jsonrpc: '2.0', id, method: 'ping' }, { headers });
    if (!(await endsWithin(VERIFY_TIMEOUT_MS, taken))) throw new Error('the backend does not answer');
    await taken;
  }

  /** @returns whether this message was for the probe alone */
  takes({ id }: JsonRpcMessage): boolean {
    return typeof id === 'string' && id.startsWith(this.#prefix);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #ping(transport: TransportLike): void {
    const id = `${this.#prefix}${++this.#asked}`;
    transport.send({ jsonrpc: '2.0', id, method: 'ping' }).catch((error: unknown) => {
      // This error was told as any other, and is not to be asked about.
      this.stop();
      if (isGone(error, id)) this.onLost(`the backend is gone: ${reasonOf(error)}`, error);
    });
  }
}

/** What the refusal of a ping says. */
function isGone(refusal: unknown, id: RequestId): boolean {
  const status = statusOf(refusal);
  // Nothing of HTTP: it could not be reached.
  if (status === undefined) return true;
  return isSessionUnknown(refusal, answerIn(refusal, id) !== undefined);
}

/** Whether this error tells that somebody is there, who has answered over HTTP or has written what nobody can read. */
export function tellsOfLife(error: unknown): boolean {
  return isUnreadable(error) || (statusOf(error) !== undefined && !isSessionUnknown(error));
}

function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError');
}
