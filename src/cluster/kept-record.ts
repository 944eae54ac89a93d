import { debug } from '../debug.js';
import { textOf } from '../errors.js';
import type { KeptSession, LiveSession } from './adoptable.js';
import { bounded } from './bounded.js';
import type { Engine } from './engine.js';
import type { RecordTexts } from './record-text.js';

/** A record is renewed when this part of its life is over, so that an engine may be away for a while. */
const RENEWED_AFTER = 1 / 3;

/** An engine keeps what is over as long as it must. */
const OVER_MS = 1;
const OVER = 'over';

export interface KeptRecordOptions {
  readonly engine: Engine;
  readonly texts: RecordTexts;
  /** The incarnation of this node when the session became its own. */
  readonly self: string;
  readonly ttlMs: number;
  /** Called once, when the record is no longer kept. */
  readonly over: () => void;
}

/**
 * The record of one session of this node. Each change is a compare-and-set. If another node has claimed the session
 * because it took this one for dead, the session is lost here.
 */
export class KeptRecord implements KeptSession {
  readonly #key: string;
  #state: 'kept' | 'over' = 'kept';
  #isDue = false;
  #writtenAt = -Infinity;
  #said = '';
  #engineSince: number | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly live: LiveSession,
    /** What the engine has. */
    private text: string | undefined,
    private readonly options: KeptRecordOptions,
  ) {
    this.#key = options.texts.keyOf(live.id);
  }

  /**
   * Writes the record if something has changed, or if it would run out.
   *
   * @param engineSince since when the engine has its data. If that has changed, it has lost the record
   */
  update(now: number, engineSince: number): Promise<void> {
    const said = this.#now();
    if (said === undefined || this.#isDue || this.#state === 'over') return this.#work;
    const isKnown = said === this.#said && engineSince === this.#engineSince;
    if (isKnown && now - this.#writtenAt < this.options.ttlMs * RENEWED_AFTER) return this.#work;
    this.#isDue = true;
    return this.#next(async () => {
      this.#isDue = false;
      if (this.#state === 'over' || !(await this.#write(this.options.self))) return;
      this.#writtenAt = now;
      this.#said = said;
      this.#engineSince = engineSince;
    });
  }

  async release(): Promise<void> {
    await this.#end(async () => this.#write(undefined));
  }

  async forget(): Promise<void> {
    await this.#end(async () => this.text === undefined || this.#replace(OVER, OVER_MS));
  }

  /** What may change in the life of a session. */
  #now(): string | undefined {
    const session = this.live.current();
    return session && JSON.stringify([session.credential, session.backend]);
  }

  async #end(lastWords: () => Promise<unknown>): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    await this.#next(lastWords);
    this.options.over();
  }

  /** One change after the other. It does not fail: the next update tries again. */
  #next(work: () => Promise<unknown>): Promise<void> {
    this.#work = this.#work
      .then(work)
      .then(() => undefined)
      .catch((error: unknown) => {
        debug.proxy('the record of session %s was not written: %s', this.live.id.slice(0, 8), textOf(error));
      });
    return this.#work;
  }

  async #write(owner: string | undefined): Promise<boolean> {
    const session = this.live.current();
    if (session === undefined) return false;
    const { engine, texts, ttlMs } = this.options;
    const text = texts.write(this.#key, { owner, session });
    if (this.text !== undefined) return this.#replace(text, ttlMs);
    await bounded(engine.put(this.#key, text, ttlMs));
    this.text = text;
    return true;
  }

  /** @returns whether the record is still ours */
  async #replace(text: string, ttlMs: number): Promise<boolean> {
    const { engine } = this.options;
    const before = this.text ?? '';
    if (await bounded(engine.replace(this.#key, before, text, ttlMs))) {
      this.text = text;
      return true;
    }
    const found = await bounded(engine.get(this.#key));
    if (found === undefined) {
      // The engine has lost it, and so nobody can have claimed it.
      if (text !== OVER) await bounded(engine.put(this.#key, text, ttlMs));
      this.text = text;
      return true;
    }
    const owner = this.options.texts.read(this.#key, found)?.owner;
    if (owner === this.options.self && found !== before) {
      // An earlier change arrived, but its answer did not.
      this.text = found;
      return this.#replace(text, ttlMs);
    }
    if (this.#state === 'kept') {
      this.#state = 'over';
      this.options.over();
      this.live.lost();
    }
    return false;
  }
}
