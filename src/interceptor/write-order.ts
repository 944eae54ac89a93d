import { now } from '../clock.js';
import { asError } from '../errors.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import { MAX_READING_MS } from '../streams/resumptions.js';
import { Arrivals, type Linked } from '../routing/arrivals.js';
import type { Liveness } from './liveness.js';
import { unwatch, watch, type Watched } from './watchdog.js';

type Write = () => Promise<void>;

/** Called when a write has ended, before the promise of it is settled. @returns the error that its sender gets */
type Ended = (error: Error | undefined) => Error | undefined;

/** One message that is being written, or waits for its turn. */
class Job implements Linked<Job> {
  older: Job | undefined = undefined;
  newer: Job | undefined = undefined;
  state: 'waiting' | 'under way' | 'over' = 'waiting';
  /** When the write began, if it has a time limit. */
  since: number | undefined = undefined;

  constructor(
    readonly stream: OrderedStream | undefined,
    readonly write: Write,
    readonly ended: Ended | undefined,
    readonly resolve: () => void,
    readonly reject: (error: Error) => void,
  ) {}
}

/**
 * Keeps the messages of one stream in the order of their `send()` calls. A transport with an event
 * store writes when the store has answered, and a store may answer the second call before the first:
 * a response would then end the stream before an earlier question was written.
 *
 * Nothing waits unless an earlier message of the same stream is still being written, or the client is coming
 * back to that stream, and nothing waits for ever: a write that does not end is given up, and the next one goes on.
 */
export class WriteOrder implements Watched {
  /** What is being written or waits. */
  readonly #jobs = new Arrivals<Job>();
  #isWatched = false;

  /**
   * @param stallTimeoutMs how long an ordered write may take, in milliseconds
   * @param stalled the error of one that takes longer
   * @param liveness of a transport whose clients can leave a stream, and come back
   */
  constructor(
    private readonly stallTimeoutMs: number,
    private readonly stalled: (stallTimeoutMs: number) => Error,
    private readonly liveness?: Pick<Liveness, 'resumption'> | undefined,
  ) {}

  /**
   * Calls `write` now, or as soon as the earlier messages of `stream` are written. Without a stream:
   * now, whatever else is being written, and without a time limit, for a pipe keeps its own order and
   * may take its time. `close()` settles either.
   *
   * @param at the time now, from where the time limit counts if it need not wait
   */
  write(stream: OrderedStream | undefined, at: number, write: Write, ended?: Ended): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = new Job(stream, write, ended, resolve, reject);
      this.#jobs.add(job);
      if (stream === undefined || stream.underWay === 0 || stream.isCalling) this.#run(job, at);
      else this.#wait(job, stream);
    });
  }

  /** Rejects everything that waits or is being written: the transport is closed. */
  close(error: Error): void {
    if (this.#isWatched) unwatch(this);
    this.#isWatched = false;
    const jobs = this.#jobs.oldestFirst();
    for (const { stream } of jobs) if (stream !== undefined) stream.waiting = undefined;
    for (const job of jobs) this.#end(job, error);
  }

  // A method of its own: as part of `write()` the closure would cost those that need not wait.
  #wait(job: Job, stream: OrderedStream): void {
    (stream.waiting ??= []).push(() => {
      this.#run(job, now());
    });
  }

  #run(job: Job, at: number): void {
    const { stream } = job;
    job.state = 'under way';
    let written: Promise<void>;
    if (stream === undefined) {
      written = attempt(job.write);
    } else {
      this.#watch(job, at);
      stream.underWay += 1;
      written = this.#onceResumed(job, stream);
    }
    written.then(
      () => {
        this.#end(job, undefined);
      },
      (error: unknown) => {
        this.#end(job, asError(error));
      },
    );
  }

  #onceResumed(job: Job, stream: OrderedStream): Promise<void> {
    const resumed = this.liveness?.resumption(stream);
    if (resumed === undefined) {
      stream.heldSince = undefined;
      return call(job, stream);
    }
    stream.heldSince ??= now();
    // A client may come back again and again, and never wait until its events are read.
    if (now() - stream.heldSince >= MAX_READING_MS) return call(job, stream);
    // It keeps its turn: nothing on this stream may overtake it, least of all the answer.
    return resumed.then(() => (job.state === 'over' ? undefined : this.#onceResumed(job, stream)));
  }

  #end(job: Job, error: Error | undefined): void {
    if (job.state === 'over') return;
    const { stream, state } = job;
    job.state = 'over';
    this.#jobs.remove(job);
    const told = job.ended === undefined ? error : job.ended(error);
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

  #watch(job: Job, at: number): void {
    job.since = at;
    if (this.#isWatched) return;
    this.#isWatched = true;
    watch(this, at + this.stallTimeoutMs);
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
    this.#isWatched = oldest !== undefined;
    // Those that begin because these have ended have their whole time.
    for (const job of overdue) this.#end(job, this.stalled(this.stallTimeoutMs));
    return oldest === undefined ? undefined : oldest + this.stallTimeoutMs;
  }
}

function call({ write }: Job, stream: OrderedStream): Promise<void> {
  const isReaction = stream.isCalling;
  stream.isCalling = true;
  const written = attempt(write);
  stream.isCalling = isReaction;
  return written;
}

/** Calls `write`; one that throws counts as one that rejects. */
export function attempt(write: Write): Promise<void> {
  try {
    // A transport in JavaScript may return nothing.
    return Promise.resolve(write());
  } catch (error) {
    return Promise.reject(asError(error));
  }
}
