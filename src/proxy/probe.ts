import { randomUUID } from 'node:crypto';
import { after } from '../clock.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { reasonOf } from './answers.js';

/** A backend that is busy answers a ping late; one that has not by then will not answer its caller either. */
const PROBE_TIMEOUT_MS = 30_000;

/**
 * Asks a backend whether it is there. A transport over HTTP tells of a stream that broke off, but not
 * whether the answer that was awaited on it can still come: of a backend that is gone, it cannot.
 */
export class Probe {
  /** The id of the ping that is not answered yet. */
  #id: string | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(private readonly onLost: (reason: string) => void) {}

  ask(transport: TransportLike): void {
    if (this.#id !== undefined) return;
    const id = `mcp-backchannel:${randomUUID()}`;
    this.#id = id;
    this.#cancelTimer = after(PROBE_TIMEOUT_MS, () => {
      this.#lost(id, `the backend does not answer: a ping had ${PROBE_TIMEOUT_MS / 1000} s`);
    });
    transport.send({ jsonrpc: '2.0', id, method: 'ping' }).catch((error: unknown) => {
      const status = statusOf(error);
      if (status === undefined || (status >= 400 && !mayPass(status)))
        this.#lost(id, `the backend is gone: ${reasonOf(error)}`);
      else if (this.#id === id) this.stop();
    });
  }

  /** @returns whether this message was for the probe alone */
  takes({ id }: JsonRpcMessage): boolean {
    if (this.#id === undefined || id !== this.#id) return false;
    this.stop();
    return true;
  }

  stop(): void {
    this.#id = undefined;
    this.#cancelTimer?.();
  }

  #lost(id: string, reason: string): void {
    if (this.#id !== id) return;
    this.stop();
    this.onLost(reason);
  }
}

/** Whether a server that answers with this status, or the gateway in front of it, may do better later. */
export function mayPass(status = 0): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** The HTTP status that a transport's error names. */
export function statusOf(error: unknown): number | undefined {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  if (typeof status === 'number') return status;
  return typeof code === 'number' ? code : undefined;
}
