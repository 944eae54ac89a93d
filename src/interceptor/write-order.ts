import { now } from '../clock.js';
import { asError } from '../errors.js';
import { SETTLED } from '../settled.js';
import { Arrivals, type Linked } from '../routing/arrivals.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import { MAX_READING_MS } from '../streams/resumptions.js';
import type { Liveness } from './liveness.js';
import { callAt, stopCalling, type TimerClient } from './shared-timer.js';

/** A message that is written when its turn comes. */
export interface Write {
  /** Gives the message to the transport. */
  perform(): Promise<void>;
  /** Called when the write has failed. @returns another write in its place, which keeps its turn */
  instead?(): Promise<void> | undefined;
  /** Called when the write has ended, before its promise is settled. @returns the error that the sender gets */
  ended?(error: Error | undefined): Error | undefined;
}

/** A write that is under way, or waits for its turn. */
class Job implements Linked<Job> {
  older: Job | undefined = undefined;
  newer: Job | undefined = undefined;
  state: 'waiting' | 'under way' | 'over' = 'waiting';
  /** When the write began, if it has a time limit. */
  since: number | undefined = undefined;

  constructor(
    readonly stream: OrderedStream | undefined,
    readonly write: Write,
    readonly resolve: () => void,
    readonly reject: (error: Error) => void,
  ) {}
}

/**
 * Keeps the messages of one stream in the order of their `send()` calls. A transport with an event store writes when
 * the store has answered, and a store may answer the second call before the first: a response would then end the stream
 * before an earlier server request was written.
 *
 * A message waits only while an earlier message of the same stream is being written, or while the client is coming back
 * to that stream. It never waits for ever: a write that does not end is given up, and the next one starts.
 */
export class WriteOrder implements TimerClient {
  /** What is being written or waits. */
  readonly #jobs = new Arrivals<Job>();
  /** The shared timer will call. */
  #isTimed = false;
  /** Why the transport was closed the last time. A new object each time. */
  #closed: Error | undefined;

  /**
   * @param stallTimeoutMs how long a write in a stream's order may take, in milliseconds
   * @param stalled makes the error of a write that takes longer
   * @param liveness of a transport whose clients can leave a stream and come back to it
   */
  constructor(
    private readonly stallTimeoutMs: number,
    private readonly stalled: (stallTimeoutMs: number) => Error,
    private readonly liveness?: Pick<Liveness, 'resumption'> | undefined,
  ) {}

  /**
   * Performs `write` now, or as soon as the earlier messages of `stream` are written. Without a stream it performs it
   * now, whatever else is being written, and without a time limit: a pipe keeps its own order and may take its time.
   * `close()` settles both kinds.
   *
   * @param at the time now, from which the time limit counts if the write need not wait
   */
  write(stream: OrderedStream | undefined, at: number, write: Write): Promise<void> {
    if (stream?.underWay === 0 && this.liveness?.resumption(stream) === undefined) {
      return this.#writeNow(stream, at, write);
    }
    return new Promise((resolve, reject) => {
      const job = new Job(stream, write, resolve, reject);
      this.#jobs.add(job);
      if (stream === undefined || stream.underWay === 0 || stream.isCalling) this.#run(job, at);
      else this.#wait(job, stream);
    });
  }

  /** Most writes are complete when the call returns: they need no job. */
  #writeNow(stream: OrderedStream, at: number, write: Write): Promise<void> {
    const closedBefore = this.#closed;
    stream.heldSince = undefined;
    stream.underWay = 1;
    const written = call(write, stream);
    if (written === SETTLED) {
      write.ended?.(undefined);
      this.#next(stream);
      return SETTLED;
    }
    return new Promise((resolve, reject) => {
      const job = new Job(stream, write, resolve, reject);
      job.state = 'under way';
      this.#jobs.add(job);
      this.#follow(job, written);
      // The write itself may have closed the transport.
      if (this.#closed === closedBefore) this.#limitTime(job, at);
      else this.#end(job, this.#closed);
    });
  }

  /** Rejects everything that waits or is being written: the transport is closed. */
  close(error: Error): void {
    this.#closed = error;
    if (this.#isTimed) stopCalling(this);
    this.#isTimed = false;
    const jobs = this.#jobs.oldestFirst();
    for (const { stream } of jobs) if (stream !== undefined) stream.waiting = undefined;
    for (const job of jobs) this.#end(job, error);
  }

  // A method of its own: inside `write()` the closure would also cost the writes that need not wait.
  #wait(job: Job, stream: OrderedStream): void {
    (stream.waiting ??= []).push(() => {
      this.#run(job, now());
    });
  }

  #run(job: Job, at: number): void {
    const { stream } = job;
    job.state = 'under way';
    if (stream === undefined) {
      this.#follow(job, performed(job.write));
    } else {
      this.#limitTime(job, at);
      stream.underWay += 1;
      this.#follow(job, this.#onceResumed(job, stream));
    }
  }

  #follow(job: Job, written: Promise<void>): void {
    written.then(
      () => {
        this.#end(job, undefined);
      },
      (error: unknown) => {
        this.#failed(job, asError(error));
      },
    );
  }

  #failed(job: Job, error: Error): void {
    const instead = job.state === 'over' ? undefined : attempted(job.write);
    if (instead === undefined) {
      this.#end(job, error);
      return;
    }
    instead.then(
      () => {
        this.#end(job, undefined);
      },
      () => {
        this.#end(job, error);
      },
    );
  }

  #onceResumed(job: Job, stream: OrderedStream): Promise<void> {
    const resumed = this.liveness?.resumption(stream);
    if (resumed === undefined) {
      stream.heldSince = undefined;
      return call(job.write, stream);
    }
    stream.heldSince ??= now();
    // A client may come back again and again, and never wait until its events are read.
    if (now() - stream.heldSince >= MAX_READING_MS) return call(job.write, stream);
    // The write keeps its turn: nothing on this stream may overtake it, least of all the response.
    return resumed.then(() => (job.state === 'over' ? undefined : this.#onceResumed(job, stream)));
  }

  #end(job: Job, error: Error | undefined): void {
    if (job.state === 'over') return;
    const { stream, state, write } = job;
    job.state = 'over';
    this.#jobs.remove(job);
    const told = write.ended === undefined ? error : write.ended(error);
    if (told === undefined) job.resolve();
    else job.reject(told);
    if (stream !== undefined && state === 'under way') this.#next(stream);
  }

  #next(stream: OrderedStream): void {
    stream.underWay -= 1;
    if (stream.underWay > 0 || stream.waiting === undefined) return;
    const begin = stream.waiting.shift();
    if (begin === undefined) stream.waiting = undefined;
    else begin();
  }

  #limitTime(job: Job, at: number): void {
    job.since = at;
    if (this.#isTimed) return;
    this.#isTimed = true;
    callAt(this, at + this.stallTimeoutMs);
  }

  giveUpOverdue(): number | undefined {
    const latest = now() - this.stallTimeoutMs;
    const overdue: Job[] = [];
    let oldest: number | undefined;
    for (const job of this.#jobs.oldestFirst()) {
      if (job.since === undefined) continue;
      if (job.since <= latest) overdue.push(job);
      else oldest = Math.min(oldest ?? Infinity, job.since);
    }
    this.#isTimed = oldest !== undefined;
    // The writes that begin because these have ended get their full time.
    for (const job of overdue) this.#end(job, this.stalled(this.stallTimeoutMs));
    return oldest === undefined ? undefined : oldest + this.stallTimeoutMs;
  }
}

function call(write: Write, stream: OrderedStream): Promise<void> {
  const isReaction = stream.isCalling;
  stream.isCalling = true;
  const written = performed(write);
  stream.isCalling = isReaction;
  return written;
}

function performed(write: Write): Promise<void> {
  try {
    // A transport in JavaScript may return nothing.
    return Promise.resolve(write.perform());
  } catch (error) {
    return Promise.reject(asError(error));
  }
}

/** Calls `instead`. If it throws, there is nothing in the place of the write. */
function attempted(write: Write): Promise<void> | undefined {
  try {
    return write.instead?.();
  } catch {
    return undefined;
  }
}

/** Calls `perform`. If it throws, that counts as a rejection. */
export function attempt(perform: () => Promise<void>): Promise<void> {
  return performed({ perform });
}
