import { after, now } from '../clock.js';
import { onNobodysBehalf } from '../interceptor/origin.js';

/** Runs beats, one at a time: at intervals, and between when somebody cannot wait. */
export class BeatLoop {
  #began = -Infinity;
  #running: Promise<void> | undefined;
  #soon: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #isStopped = false;

  /**
   * @param beat never rejects. It is told by how much its timer was late
   * @param minGapMs the time between two beats that somebody waits for, however many wait
   */
  constructor(
    private readonly beat: (lateMs: number) => Promise<void>,
    private readonly everyMs: number,
    private readonly minGapMs: number,
  ) {}

  /** The first beat was run elsewhere. */
  start(): void {
    this.#began = now();
    this.#runLater();
  }

  /** Runs a beat that begins after this call. */
  async run(lateMs = 0): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#isStopped) return;
    this.#cancelTimer?.();
    this.#began = now();
    this.#running = this.beat(lateMs);
    await this.#running;
    this.#running = undefined;
    this.#runLater();
  }

  /** The same, but all who ask meanwhile share one beat. */
  soon(): Promise<void> {
    return (this.#soon ??= this.#pause(this.#began + this.minGapMs - now()).then(() => {
      this.#soon = undefined;
      return this.run();
    }));
  }

  /** Resolves when no beat is under way, and none will come. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelPause?.();
    await this.#running;
  }

  #runLater(): void {
    this.#cancelTimer?.();
    if (this.#isStopped) return;
    const due = this.#began + this.everyMs;
    const ms = Math.max(0, due - now());
    const expected = now() + ms;
    // A beat may have been asked for by a request, which the timer must not keep in memory.
    this.#cancelTimer = onNobodysBehalf(() => after(ms, () => void this.run(now() - expected)));
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = after(ms, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
