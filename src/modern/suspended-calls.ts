/**
 * Calls that wait for their client to come back with answers. A modern client holds no stream open meanwhile: it gets a
 * handle in `requestState` and repeats the call with it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
import { BriefMap } from '../routing/brief-map.js';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { MAX_TIMEOUT_MS, now } from '../clock.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import { callAt, stopCalling, type TimerClient } from '../interceptor/shared-timer.js';

/** 256 bits: nobody guesses a handle. */
const HANDLE_BYTES = 32;

export interface SuspendedCallsOptions<T> {
  /**
   * How long a call waits for its client. Default: 10 minutes. A person has to read and to think, and there is no
   * connection that shows whether the client is still there.
   */
  readonly ttlMs?: number;
  /** How many calls may wait in all. Default: 10,000. */
  readonly maxSuspended?: number;
  /** How many calls of one session may wait. Default: 100. */
  readonly maxPerSession?: number;
  /** The client of this call has not come back in time. Called once, on behalf of no request. It must not throw. */
  readonly onExpired: (payload: T) => void;
}

/** What is known of a call when it is suspended. */
export interface CallToSuspend<S, T> {
  /** Whose call it is. Two clients have the same principal only if they are the same user. */
  readonly principal: string;
  /** See `callDigest()`. */
  readonly digest: string;
  /** The backend session in which the call runs. Sessions are compared by identity. */
  readonly session: S;
  /** Is given back to the retry. */
  readonly payload: T;
}

/** A call is suspended under a handle, or it is not, and nothing has changed. */
export type Suspension = { readonly state: 'suspended'; readonly handle: string } | NotSuspended;

export interface NotSuspended {
  readonly state: 'refused';
  readonly reason: 'full' | 'session-full' | 'closed';
}

interface Waiting<S, T> extends Pick<CallToSuspend<S, T>, 'principal' | 'session' | 'payload'> {
  readonly key: string;
  /** The digest of the principal and the call. */
  readonly owner: Buffer;
  readonly deadline: number;
}

/**
 * Suspended calls, bounded in number and time. A payload leaves in exactly one way: it is taken by the retry, given to
 * `onExpired`, or returned by `close()`. The end of a session takes nothing out: what its call has come to waits for the
 * client.
 *
 * @typeParam S a session with the backend
 * @typeParam T what a call is to those who suspend it
 */
export class SuspendedCalls<S, T extends object> implements TimerClient {
  readonly #ttlMs: number;
  readonly #maxSuspended: number;
  readonly #maxPerSession: number;
  readonly #onExpired: (payload: T) => void;
  /** By the digest of the handle, so that the time of a search tells nothing of the handles. The next to expire is the first. */
  readonly #records = new BriefMap<string, Waiting<S, T>>();
  readonly #bySession = new BriefMap<S, BriefMap<string, Waiting<S, T>>>();
  #isClosed = false;

  constructor(options: SuspendedCallsOptions<T>) {
    const { ttlMs = 600_000, maxSuspended = 10_000, maxPerSession = 100, onExpired } = options;
    this.#ttlMs = Math.min(ttlMs, MAX_TIMEOUT_MS);
    this.#maxSuspended = maxSuspended;
    this.#maxPerSession = maxPerSession;
    this.#onExpired = onExpired;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#records.size;
  }

  /** How many calls of this session wait. */
  sizeOf(session: S): number {
    return this.#bySession.get(session)?.size ?? 0;
  }

  /** Suspends a call. If too many are suspended already, this one is refused: none is dropped to make room. */
  suspend(call: CallToSuspend<S, T>): Suspension {
    this.#expireOverdue();
    const reason = this.#reasonToRefuse(call.session);
    if (reason !== undefined) return { state: 'refused', reason };
    const handle = randomBytes(HANDLE_BYTES).toString('base64url');
    this.#add({
      key: keyOf(handle),
      owner: ownerOf(call.principal, call.digest),
      deadline: now() + this.#ttlMs,
      principal: call.principal,
      session: call.session,
      payload: call.payload,
    });
    return { state: 'suspended', handle };
  }

  /** Whether a call waits under this handle. Whose it is does not matter yet. */
  has(handle: string): boolean {
    this.#expireOverdue();
    return this.#records.has(keyOf(handle));
  }

  /**
   * Whose call this is, and in which session, for a caller who may be the same user with another credential. Nothing
   * changes. `undefined`: there is no such call.
   */
  whose(handle: string, digest: string): Pick<CallToSuspend<S, T>, 'principal' | 'session'> | undefined {
    this.#expireOverdue();
    const record = this.#records.get(keyOf(handle));
    return record !== undefined && timingSafeEqual(record.owner, ownerOf(record.principal, digest))
      ? record
      : undefined;
  }

  /**
   * Takes the call with this handle, so that its retry goes on with it. It can be taken once, by the same principal, for
   * the same call. Any other try is refused and changes nothing: the owner can still take the call.
   *
   * A refused retry must not be run as a new call, since the tool would run twice.
   */
  take(handle: string, principal: string, digest: string): T | 'refused' {
    this.#expireOverdue();
    const record = this.#records.get(keyOf(handle));
    if (record === undefined || !timingSafeEqual(record.owner, ownerOf(principal, digest))) return 'refused';
    this.#remove(record);
    return record.payload;
  }

  /** No call is suspended from now on. @returns those that waited, oldest first */
  close(): readonly T[] {
    this.#isClosed = true;
    return [...this.#records.values()].map((record) => {
      this.#remove(record);
      return record.payload;
    });
  }

  /** For the timer. */
  giveUpOverdue(): number | undefined {
    for (const record of this.#records.values()) {
      if (record.deadline > now()) return record.deadline;
      // Removed first: the callback may suspend and take calls.
      this.#remove(record);
      this.#onExpired(record.payload);
    }
    return undefined;
  }

  #expireOverdue(): void {
    // Timers are late on a busy machine. The callback must not run on behalf of a request that comes in meanwhile.
    onNobodysBehalf(() => this.giveUpOverdue());
  }

  #reasonToRefuse(session: S): NotSuspended['reason'] | undefined {
    if (this.#isClosed) return 'closed';
    if (this.size >= this.#maxSuspended) return 'full';
    return this.sizeOf(session) >= this.#maxPerSession ? 'session-full' : undefined;
  }

  #add(record: Waiting<S, T>): void {
    const ofSession = this.#bySession.get(record.session) ?? new BriefMap<string, Waiting<S, T>>();
    ofSession.set(record.key, record);
    this.#bySession.set(record.session, ofSession);
    this.#records.set(record.key, record);
    if (this.size === 1) callAt(this, record.deadline);
  }

  #remove(record: Waiting<S, T>): void {
    this.#records.delete(record.key);
    const ofSession = this.#bySession.get(record.session);
    ofSession?.delete(record.key);
    if (ofSession?.size === 0) this.#bySession.delete(record.session);
    if (this.size === 0) stopCalling(this);
  }
}

function keyOf(handle: string): string {
  return createHash('sha256').update(handle).digest('base64url');
}

function ownerOf(principal: string, digest: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([principal, digest]))
    .digest();
}
