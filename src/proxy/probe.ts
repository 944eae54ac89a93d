import { randomUUID } from 'node:crypto';
import { after } from '../clock.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { endsWithin } from '../ends-within.js';
import { answerIn, reasonOf } from '../error-answers.js';
import { statusOf } from '../http-status.js';
import { isSessionUnknown } from '../session-unknown.js';

/** Errors come in bursts. One ping is sent for a whole burst, this long after its first error. */
const PAUSE_MS = 500;

/** A server that answers with JSON instead of a stream sends nothing until it has finished. */
const VERIFY_TIMEOUT_MS = 30_000;

/**
 * Pings a backend to find out whether it still has the session. An HTTP transport reports a broken stream, but not
 * whether the answer awaited on it can still come. It cannot if the backend is unreachable or does not know the session.
 * Any other refusal concerns only the ping. Silence proves nothing: a backend may answer no ping while it works on a call.
 */
export class Probe {
  /** No client uses ids with this prefix. */
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

  /** Sends a ping with these headers. Rejects if the backend refuses it or does not take it in time. */
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
      // The transport has reported this error too, which scheduled another ping.
      this.stop();
      if (isGone(error, id)) this.onLost(`the backend is gone: ${reasonOf(error)}`, error);
    });
  }
}

/** Whether the error of a ping shows that the backend or its session is gone. */
function isGone(refusal: unknown, id: RequestId): boolean {
  const status = statusOf(refusal);
  // Without an HTTP status, the backend could not be reached.
  if (status === undefined) return true;
  return isSessionUnknown(refusal, answerIn(refusal, id) !== undefined);
}

/** Whether this error shows that the backend is alive: it answered over HTTP or wrote something unreadable. */
export function tellsOfLife(error: unknown): boolean {
  return isUnreadable(error) || (statusOf(error) !== undefined && !isSessionUnknown(error));
}

function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError');
}
